import { type Command, Option } from "@commander-js/extra-typings";
import { type CommandContext, examplesText } from "../../command-context.ts";
import { EXIT } from "../../exit-code.ts";
import { shellWord } from "../../invocation.ts";

const EXAMPLES = `
Examples:
  eval "$(imagefleet env)"
  aws s3 cp photo.jpg s3://imagefleet-source/
  (eval "$(imagefleet env)"; aws sqs list-queues)  for one command only
  eval "$(imagefleet env --user bob)"; curl $IMAGEFLEET_API_URL/images \\
    -H "Authorization: Bearer $IMAGEFLEET_API_TOKEN"

Prints the endpoint, the region and the access keys of the running fleet as
export commands for a POSIX shell, with the address of the API of uploads, a
token of a user for a day, and the topic of the notifications. The secret key
belongs to the data folder: start --fresh creates a new one.
`;

export function addEnvCommand(root: Command, context: CommandContext): void {
  root
    .command("env")
    .description("print shell exports that point AWS tools to the local fleet")
    .addOption(
      new Option("--data <dir>", "the data folder of the fleet")
        .argParser(context.path)
        .default(context.data, ".imagefleet of the project"),
    )
    .option("--user <id>", "the user of the token for the API (default: developer)")
    .addHelpText("after", examplesText(EXAMPLES, context.invocation))
    .action(async ({ data, user }) => {
      const { shellExports } = await import("./exports.ts");
      const lines = (await shellExports(data, user)).map(([name, value]) =>
        value === undefined ? `unset ${name}` : `export ${name}=${shellWord(value)}`,
      );
      context.screen(false).raw(`${lines.join("\n")}\n`);
      context.onExit(EXIT.done);
    });
}
