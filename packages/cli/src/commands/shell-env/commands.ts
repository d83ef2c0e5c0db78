import { type Command, Option } from "@commander-js/extra-typings";
import { type CommandContext, examplesText } from "../../command-context.ts";
import { EXIT, EXIT_CODES_HELP } from "../../exit-code.ts";
import { shellWord } from "../../invocation.ts";
import { shellExports } from "./exports.ts";

const EXAMPLES = `
Examples:
  eval "$(imagefleet env)"
  aws s3 cp photo.jpg s3://imagefleet-source/
  (eval "$(imagefleet env)"; aws sqs list-queues)  for one command alone

Prints the endpoint, the region and the keys of the running fleet as export
commands of a POSIX shell. The secret key belongs to the data folder: start
--fresh makes a new one.
`;

export function addEnvCommand(root: Command, context: CommandContext): void {
  root
    .command("env")
    .description("shell exports for AWS tools to use the local fleet")
    .addOption(
      new Option("--data <dir>", "the data folder of the fleet")
        .argParser(context.path)
        .default(context.data, ".imagefleet of the project"),
    )
    .addHelpText("after", examplesText(EXAMPLES, context.invocation) + EXIT_CODES_HELP)
    .action(async ({ data }) => {
      const lines = (await shellExports(data)).map(([name, value]) =>
        value === undefined ? `unset ${name}` : `export ${name}=${shellWord(value)}`,
      );
      context.screen(false).raw(`${lines.join("\n")}\n`);
      context.onExit(EXIT.done);
    });
}
