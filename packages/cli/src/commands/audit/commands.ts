import { type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { maxDepthOf, maxDepthSchema } from "../../feed/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet audit                      find missing, stale and orphaned objects
  imagefleet audit --json | jq -c 'select(.kind=="stale") | {key}'
  imagefleet audit --repair             ask, then enqueue and remove

audit reads no image. It lists the buckets, reads one manifest for each source
(GET, $0.40 per million), and requests the head of each object without a source
(HEAD, at the same price; for a key with unusual characters, of each rendition).

--repair enqueues a job for each incomplete source and for each deleted one, so
that the fleet removes the objects of a deleted source. audit itself removes
only objects that no preset of the recipe writes, and only when every source is
up to date. It never touches what this fleet did not write. The exit code is 3
when anything is incomplete.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  recipe: v.string(),
  repair: v.optional(v.boolean(), false),
  yes: v.optional(v.boolean(), false),
  removeMany: v.optional(v.boolean(), false),
  maxDepth: maxDepthSchema,
  limit: v.number(),
});

export function addAuditCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root
      .command("audit")
      .description("find sources without up-to-date renditions, and orphaned objects"),
    context,
    EXAMPLES,
  )
    .addOption(
      new Option("--recipe <file>", "the module that exports the recipe")
        .argParser(context.path)
        .default(context.recipe, "recipe.ts of the project"),
    )
    .option("--repair", "enqueue incomplete sources, remove orphaned objects")
    .option("--yes", "do not ask for confirmation")
    .option("--remove-many", "with --repair: also remove when most objects are orphans")
    .addOption(
      new Option(
        "--max-depth <number>",
        "with --repair: send only while fewer messages wait in a lane",
      )
        .argParser(maxDepthOf)
        .default("auto"),
    )
    .addOption(
      new Option("--limit <number>", "most findings to print; --json prints all")
        .argParser(wholeNumber(0))
        .default(40),
    )
    .action(async (options) => {
      const { audit } = await import("./run.ts");
      const all = { ...v.parse(schema, options), connection: readConnectionOptions(options) };
      context.onExit(await audit(all, context.screen(all.json)));
    });
}
