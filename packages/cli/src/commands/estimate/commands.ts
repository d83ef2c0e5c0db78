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

estimate renders a sample of the images on this machine, and calculates time and
cost of all of them from it, for each lane.
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
    root.command("estimate").description("estimate time and cost of the recipe for these images"),
    context,
    EXAMPLES,
  )
    .addArgument(new Argument("<targets...>", "files, folders, or one s3://bucket/prefix"))
    .addOption(
      new Option("--recipe <file>", "the module that exports the recipe")
        .argParser(context.path)
        .default(context.recipe, "recipe.ts of the project"),
    )
    .addOption(
      new Option("--sample <number>", "images to render").argParser(wholeNumber(1)).default(12),
    )
    .addOption(
      new Option("--functions <number>", "concurrent functions")
        .argParser(wholeNumber(1))
        .default(10),
    )
    .addOption(
      new Option("--tasks <number>", "concurrent tasks").argParser(wholeNumber(1)).default(2),
    )
    .action(async (targets, options) => {
      const { estimateCommand } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const all = { ...v.parse(schema, options), connection, targets, cwd: context.cwd };
      context.onExit(await estimateCommand(all, context.screen(all.json)));
    });
}
