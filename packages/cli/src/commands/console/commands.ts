import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, examplesText, recipeOption } from "../../command-context.ts";
import { connectionOptions, readConnectionOptions } from "../../connection/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet console                         the local fleet, if one runs
  imagefleet console --profile production --region eu-west-1 …
  imagefleet console --read-only             look, and change nothing

console is a page for your browser: dead letters with their pictures, one
picture with everything about it, the lanes with charts, runs, the fleet, and
the recipe on your own pictures. It runs on this machine with your credentials,
which decide what it may do, and answers to this machine only. It shows the JSON
of the commands of this help, and each action shows its command. The link that
it prints works once; press Enter for another.
`;

export function addConsoleCommand(root: Command, context: CommandContext): void {
  const command = root.command("console").description("show the fleet in the browser");
  for (const option of connectionOptions(context.data, context.path)) command.addOption(option);
  const complete = command
    .addOption(recipeOption(context))
    .option(
      "--port <number>",
      "the port on 127.0.0.1; 0: any free port",
      wholeNumber(0, 65_535),
      4569,
    )
    .option("--read-only", "refuse everything that changes something", false)
    .addHelpText("after", examplesText(EXAMPLES, context.invocation));
  complete.action(async ({ port, readOnly, recipe, ...options }) => {
    const { runConsole } = await import("./run.ts");
    const connection = readConnectionOptions(options);
    const own = { port, readOnly, data: context.data, connection };
    const all = {
      ...own,
      recipe: recipe === context.recipe ? undefined : recipe,
      invocation: context.invocation,
      cwd: context.cwd,
    };
    context.onExit(await runConsole(all, context.screen()));
  });
}
