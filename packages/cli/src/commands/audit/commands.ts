import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { maxDepthOption } from "../../feed/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet audit                      find missing, stale and orphaned objects
  imagefleet audit --json | jq -c 'select(.kind=="stale") | {key}'
  imagefleet audit --repair             ask, then enqueue and remove

audit reads no image. It lists the buckets, reads one manifest for each source
(GET, $0.40 per million), and requests the head of each object without a source
and of each rendition that was made on request (HEAD, at the same price; for a
key with unusual characters, of each rendition).

--repair enqueues a job for each incomplete source and for each deleted one, so
that the fleet removes the objects of a deleted source. audit itself removes
only objects that no preset of the recipe writes, and only when every source is
up to date. It never touches what this fleet did not write. The exit code is 3
when anything is incomplete.
`;

export function addAuditCommand(root: Command, context: CommandContext): void {
  const description = "find sources without up-to-date renditions, and orphaned objects";
  fleetCommand(root, context, { name: "audit", description, examples: EXAMPLES })
    .addOption(recipeOption(context))
    .option("--repair", "enqueue incomplete sources, remove orphaned objects")
    .option("--yes", "do not ask for confirmation")
    .option("--remove-many", "with --repair: also remove when most objects are orphans")
    .addOption(maxDepthOption("with --repair: "))
    .option("--limit <number>", "most findings to print; --json prints all", wholeNumber(0), 40)
    .action(async (options) => {
      const { audit } = await import("./run.ts");
      const all = { ...options, connection: readConnectionOptions(options) };
      context.onExit(await audit(all, context.screen(options.json)));
    });
}
