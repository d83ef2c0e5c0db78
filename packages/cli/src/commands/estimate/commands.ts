import { Argument, type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet estimate ~/Pictures/holiday
  imagefleet estimate s3://photos/2026/ --functions 50
  imagefleet estimate photos --recipe next.ts --json | jq .totalUsd

A sample of the pictures is rendered here; the whole is reckoned from it, per
lane.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  recipe: v.string(),
  sample: v.number(),
  functions: v.number(),
  tasks: v.number(),
});

export function addEstimateCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root.command("estimate").description("what the recipe costs and takes on these pictures"),
    context,
    EXAMPLES,
  )
    .addArgument(new Argument("<targets...>", "files, folders, or one s3://bucket/prefix"))
    .addOption(
      new Option("--recipe <file>", "the recipe's module")
        .argParser(context.path)
        .default(context.recipe, "recipe.ts of the project"),
    )
    .addOption(
      new Option("--sample <number>", "pictures rendered").argParser(wholeNumber(1)).default(12),
    )
    .addOption(new Option("--functions <number>", "at once").argParser(wholeNumber(1)).default(10))
    .addOption(new Option("--tasks <number>", "at once").argParser(wholeNumber(1)).default(2))
    .action(async (targets, options) => {
      const { estimateCommand } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const asked = { ...v.parse(schema, options), connection, targets, cwd: context.cwd };
      context.onExit(await estimateCommand(asked, context.screen(asked.json)));
    });
}
