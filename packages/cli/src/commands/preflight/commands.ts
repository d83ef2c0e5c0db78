import { type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet preflight --stage production        before a deployment
  imagefleet preflight --stage production --json | jq .checks
  imagefleet preflight                           of the fleet on this machine

It only asks, and changes nothing: credentials and account, quotas, ECS's role,
the source bucket's notifications, Docker. What the credentials may not ask is
named with the permission that they lack, and proves nothing. The exit code is 3
when anything is wrong.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  stage: v.optional(v.string()),
});

export function addPreflightCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root.command("preflight").description("would a deployment go well, and what to mend if not"),
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
