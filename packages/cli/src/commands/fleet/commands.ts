import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet fleet                      the fleet on this machine
  imagefleet fleet --json | jq .recipe.presets

fleet reads the attributes of the queues and changes nothing. On AWS it finds
the distribution by the rendition bucket, if the credentials may list them.
`;

export function addFleetCommand(root: Command, context: CommandContext): void {
  const description = "show what the fleet is: resources, queues, recipe, versions, links";
  fleetCommand(root, context, { name: "fleet", description, examples: EXAMPLES })
    .addOption(recipeOption(context))
    .action(async (options) => {
      const { fleet } = await import("./run.ts");
      const version = root.version() ?? "unknown";
      const all = { ...options, version, connection: readConnectionOptions(options) };
      context.onExit(await fleet(all, context.screen(options.json)));
    });
}
