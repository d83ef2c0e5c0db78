import { type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { maxDepthOf, maxDepthSchema } from "../../feed/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet audit                      what is missing, stale or left over
  imagefleet audit --json | jq -c 'select(.kind=="stale") | {key}'
  imagefleet audit --repair             asks, then enqueues and removes

No image is read: the buckets are listed, one manifest is read a source (GET,
$0.40 a million), and each object that is left over is looked at (HEAD, at the
same price; of a key with unusual characters each rendition is).

--repair enqueues a job for each source that is not complete, and for each that
is gone, so that the fleet removes what is left of it. It removes by itself only
what no preset of the recipe writes, and only when every source is up to date.
What this fleet did not write is never touched. The exit code is 3 when
anything is incomplete.
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
    root.command("audit").description("which sources lack which renditions, and what is left over"),
    context,
    EXAMPLES,
  )
    .addOption(
      new Option("--recipe <file>", "the recipe's module")
        .argParser(context.path)
        .default(context.recipe, "recipe.ts of the project"),
    )
    .option("--repair", "enqueue what is incomplete, remove what is left over")
    .option("--yes", "do not ask")
    .option("--remove-many", "with --repair: also when most of what is there would go")
    .addOption(
      new Option("--max-depth <number>", "with --repair: feed while fewer wait in a lane")
        .argParser(maxDepthOf)
        .default("auto"),
    )
    .addOption(
      new Option("--limit <number>", "findings shown at most; --json has all")
        .argParser(wholeNumber(0))
        .default(40),
    )
    .action(async (options) => {
      const { audit } = await import("./run.ts");
      const asked = { ...v.parse(schema, options), connection: readConnectionOptions(options) };
      context.onExit(await audit(asked, context.screen(asked.json)));
    });
}
