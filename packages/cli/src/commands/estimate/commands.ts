import { type Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet estimate ~/Pictures/holiday
  imagefleet estimate s3://photos/2026/ --functions 50
  imagefleet estimate photos --recipe next.ts --json | jq .totalUsd
  imagefleet estimate photos --hit-ratio 0.95
  imagefleet estimate photos --uploads

estimate renders a sample of the images on this machine, and calculates time and
cost of all of them from it, for each lane. Presets with when: "request" are not
part of that: they are made when they are first requested, and have a cost of
their own. What a million views cost depends on the share of them that
CloudFront answers from its caches (--hit-ratio). --uploads adds what a million
images cost that come through the API of uploads and are kept in the catalog.
`;

export function addEstimateCommand(root: Command, context: CommandContext): void {
  const description = "estimate time and cost of the recipe for these images";
  fleetCommand(root, context, { name: "estimate", description, examples: EXAMPLES })
    .argument("<targets...>", "files, folders, or one s3://bucket/prefix")
    .addOption(recipeOption(context))
    .option("--sample <number>", "images to render", wholeNumber(1), 12)
    .option("--functions <number>", "concurrent functions", wholeNumber(1), 10)
    .option("--tasks <number>", "concurrent tasks", wholeNumber(1), 2)
    .option("--hit-ratio <share>", "share of cache hits (default: 0.9 and 0.99)", shareOf)
    .option("--uploads", "also the cost of uploads, catalog and notifications")
    .action(async (targets, options) => {
      const { estimateCommand } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const all = { ...options, connection, targets, cwd: context.cwd };
      context.onExit(await estimateCommand(all, context.screen(options.json)));
    });
}

function shareOf(text: string): number {
  const share = Number(text);
  if (/^[\d.]+$/.test(text) && share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError("Use a number from 0 to 1, such as 0.95.");
}
