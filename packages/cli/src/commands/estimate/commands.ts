import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
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

export function addEstimateCommand(root: Command, context: CommandContext): void {
  const description = "estimate time and cost of the recipe for these images";
  fleetCommand(root, context, { name: "estimate", description, examples: EXAMPLES })
    .argument("<targets...>", "files, folders, or one s3://bucket/prefix")
    .addOption(recipeOption(context))
    .option("--sample <number>", "images to render", wholeNumber(1), 12)
    .option("--functions <number>", "concurrent functions", wholeNumber(1), 10)
    .option("--tasks <number>", "concurrent tasks", wholeNumber(1), 2)
    .action(async (targets, options) => {
      const { estimateCommand } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const all = { ...options, connection, targets, cwd: context.cwd };
      context.onExit(await estimateCommand(all, context.screen(options.json)));
    });
}
