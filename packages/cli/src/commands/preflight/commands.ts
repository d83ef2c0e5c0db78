import { type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet preflight --stage production        before a deployment
  imagefleet preflight --stage production --json | jq .checks
  imagefleet preflight                           the fleet on this machine

It changes nothing. It checks credentials and account, quotas, the role of ECS,
the notifications of the source bucket, and Docker. A check that lacks a
permission names it and is reported as unknown. The exit code is 3 when a check
finds a problem.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  stage: v.optional(v.string()),
});

export function addPreflightCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root
      .command("preflight")
      .description("check that a deployment can succeed, and report problems"),
    context,
    EXAMPLES,
  )
    .addOption(new Option("--stage <name>", "a stage of infra/settings.ts, on AWS"))
    .action(async (options) => {
      const { preflight } = await import("./run.ts");
      const { stage, json } = v.parse(schema, options);
      const connection = readConnectionOptions(options);
      context.onExit(await preflight({ json, stage, connection }, context.screen(json)));
    });
}
