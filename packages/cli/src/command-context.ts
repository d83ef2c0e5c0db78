import { type Command, Option } from "@commander-js/extra-typings";
import { connectionOptions } from "./connection/options.ts";
import type { Screen } from "./terminal/screen.ts";

/** What every command gets from the program. */
export interface CommandContext {
  /** @param json stdout is for JSON only */
  screen(json?: boolean): Screen;
  /** Resolves a path relative to `cwd`. */
  path(text: string): string;
  /** The user's working directory. */
  readonly cwd: string;
  /** How the program is called: `npm run imagefleet --`. */
  readonly invocation: string;
  /** The default data folder. */
  readonly data: string;
  /** The default recipe module. */
  readonly recipe: string;
  onExit(code: number): void;
}

/** Adds a command that connects to a fleet, with connection options, `--json` and examples. */
export function fleetCommand(
  parent: Command,
  context: CommandContext,
  about: { name: string; description: string; examples: string; isDefault?: boolean },
) {
  const { name, description, examples, isDefault = false } = about;
  const command = parent.command(name, { isDefault }).description(description);
  for (const option of connectionOptions(context.data, context.path)) command.addOption(option);
  return command
    .option("--json", "print JSON on stdout, everything else on stderr")
    .addHelpText("after", examplesText(examples, context.invocation));
}

/** Examples, with the way to call the program if it is not installed as `imagefleet`. */
export function examplesText(examples: string, invocation: string): string {
  const text = examples.trimEnd();
  if (invocation === "imagefleet") return text;
  return text.replace(/^Examples:$/m, `Examples (imagefleet is "${invocation}" here):`);
}

export function recipeOption({ recipe, path }: CommandContext) {
  return new Option("--recipe <file>", "the module that exports the recipe")
    .argParser(path)
    .default(recipe, "recipe.ts of the project");
}

/** How folders of images are read, for the help of `start` and `render`. */
export const FOLDERS_HELP = `
In a folder, hidden files and files without an image extension are skipped, and
links are followed. A file that is given itself is always read.
`;
