import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet purge cats/tom.jpg --wait     all renditions of a source
  imagefleet purge cats/ "dogs/2026*"      of all sources with a prefix
  imagefleet purge "*" --dry-run           of all sources; print the paths only

The edges forget the renditions, in every format and with every ?v=, and ask the
bucket again. Renditions themselves are not removed: delete the source for that.
A prefix ends with / or *. An invalidation takes effect within minutes. Browsers
keep what they have.
`;

export function addPurgeCommand(root: Command, context: CommandContext): void {
  const description = "make CloudFront, or the local edge, forget renditions";
  fleetCommand(root, context, { name: "purge", description, examples: EXAMPLES })
    .argument("<sources...>", "keys of sources, or prefixes that end with / or *")
    .addOption(recipeOption(context))
    .option("--distribution <id>", "default: the one that has the rendition bucket as an origin")
    .option("--wait", "wait until all edges have forgotten, 15 minutes at most")
    .option("--dry-run", "only print the paths and their cost")
    .action(async (named, options) => {
      const { purge } = await import("./run.ts");
      const all = { ...options, named, connection: readConnectionOptions(options) };
      context.onExit(await purge(all, context.screen(options.json)));
    });
}
