import { type Command, Option } from "@commander-js/extra-typings";
import { asEnvironment } from "@imagefleet/local/credentials";
import { REGION } from "@imagefleet/local/resources";
import { type CommandContext, examplesText } from "../../command-context.ts";
import { fleetFolder, runningFleet } from "../../connection/data-folder.ts";
import { EXIT } from "../../exit-code.ts";
import { shellWord } from "../../invocation.ts";
import { UsageError } from "../../usage-error.ts";

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
      const lines = (await shellExports(data, user)).map(([name, value]) =>
        value === undefined ? `unset ${name}` : `export ${name}=${shellWord(value)}`,
      );
      context.screen(false).raw(`${lines.join("\n")}\n`);
      context.onExit(EXIT.done);
    });
}

/** Variables that a shell may have set for AWS, and that override the exported ones. */
const OVERRIDING = [
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL_SQS",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

/**
 * The variables that point AWS tools to the fleet of a data folder; undefined: the variable must be unset.
 *
 * @throws UsageError when no fleet runs there
 */
async function shellExports(
  data: string,
  user: string | undefined,
): Promise<readonly (readonly [name: string, value: string | undefined])[]> {
  const fleet = await runningFleet(data);
  if (fleet === undefined) {
    throw new UsageError(
      `--data ${data}: no fleet runs on this folder. Start one with npm start, or use --data DIR with the folder of a running fleet`,
    );
  }
  const { DEVELOPER, Tokens } = await import("@imagefleet/local/api");
  const set = {
    AWS_ENDPOINT_URL: fleet.endpoint,
    AWS_REGION: REGION,
    // The AWS CLI reads only this one.
    AWS_DEFAULT_REGION: REGION,
    ...asEnvironment(fleet.credentials),
    ...(fleet.api !== undefined && {
      IMAGEFLEET_API_URL: fleet.api,
      IMAGEFLEET_API_TOKEN: await new Tokens(fleetFolder(data)).sign(user ?? DEVELOPER),
      IMAGEFLEET_TOPIC_ARN: fleet.topicArn,
    }),
  };
  return [...Object.entries(set), ...OVERRIDING.map((name) => [name, undefined] as const)];
}
