import type { Command } from "@commander-js/extra-typings";
import { connectionOptions } from "./connection/options.ts";
import { EXIT_CODES_HELP } from "./exit-code.ts";
import type { Screen } from "./terminal/screen.ts";

/** What every command is given. */
export interface CommandContext {
  /** @param json stdout is for JSON alone */
  screen(json: boolean): Screen;
  /** A path as the person meant it: relative to where they stand. */
  path(text: string): string;
  /** Where the person stands. */
  readonly cwd: string;
  /** What they write before a command to run this program: `npm run imagefleet --`. */
  readonly invocation: string;
  /** The data folder of `npm start`, by default. */
  readonly data: string;
  /** The recipe of the project. */
  readonly recipe: string;
  onExit(code: number): void;
}

/** Gives a command what all that speak to a fleet have: where it is, `--json`, examples, exit codes. */
export function speakingToAFleet(
  command: Command,
  context: CommandContext,
  examples: string,
): Command {
  for (const option of connectionOptions(context.data, context.path)) command.addOption(option);
  return command
    .option("--json", "JSON on stdout, all else on stderr")
    .addHelpText("after", examplesText(examples, context.invocation) + EXIT_CODES_HELP);
}

/** Examples, saying first what `imagefleet` is where it is no command by itself. */
export function examplesText(examples: string, invocation: string): string {
  if (invocation === "imagefleet") return examples;
  return examples.replace(/^Examples:$/m, `Examples; write "${invocation}" for imagefleet:`);
}
