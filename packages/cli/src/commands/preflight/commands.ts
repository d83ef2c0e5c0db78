import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet preflight --stage production        before a deployment
  imagefleet preflight --stage production --json | jq .checks
  imagefleet preflight                           the fleet on this machine

It changes nothing. It checks credentials and account, quotas, the role of ECS,
what a new distribution needs, the notifications of the source bucket, and
Docker. A check that lacks a permission names it and is reported as unknown. The
exit code is 3 when a check finds a problem.
`;

export function addPreflightCommand(root: Command, context: CommandContext): void {
  const description = "check that a deployment can succeed, and report problems";
  fleetCommand(root, context, { name: "preflight", description, examples: EXAMPLES })
    .option("--stage <name>", "a stage of infra/settings.ts, on AWS")
    .addOption(recipeOption(context))
    .action(async (options) => {
      const { preflight } = await import("./run.ts");
      const all = { ...options, connection: readConnectionOptions(options) };
      context.onExit(await preflight(all, context.screen(options.json)));
    });
}
