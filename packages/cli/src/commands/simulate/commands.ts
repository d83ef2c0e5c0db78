import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const MOST_IMAGES = 100_000_000;

const EXAMPLES = `
Examples:
  imagefleet simulate --per-day 1000000 --peak 3
  imagefleet simulate --per-day 1e6 --find functionConcurrency --p95 10
  imagefleet simulate --burst 100000 --functions 1000
  imagefleet simulate --burst 1000 --pollers 20-100 --html burst.html
  imagefleet simulate --backfill 5000000 --uploads 10
  imagefleet simulate --existing 300000 ~/Pictures/holiday
  imagefleet simulate --load hours.csv --stage production

simulate plays a load against a model of the deployed fleet in AWS's time: event
delays, batches, pollers, cold starts, metrics, alarms and tasks. It calls no
service of AWS, except to read images that you name in a bucket. Images take
what the shipped recipe takes, or what a sample of your own images takes with
your recipe on this machine. docs/scale.md has the model's numbers of AWS, and
where each comes from.
`;

export function addSimulateCommand(root: Command, context: CommandContext): void {
  const description = "predict waits, alarms and cost of a load";
  fleetCommand(root, context, { name: "simulate", description, examples: EXAMPLES })
    .argument("[targets...]", "images to measure: files, folders, or one s3://bucket/prefix")
    .addOption(recipeOption(context))
    .option("--per-day <images>", "uploads of a day", imagesOf)
    .option("--peak <times>", "the day's busiest moment, times the mean (default: 2)", peakOf)
    .option("--burst <images>", "uploads at once", imagesOf)
    .option("--load <file>", "uploads of each hour: a number a line, or hour,number")
    .option("--backfill <images>", "images that a reprocess enqueues", imagesOf)
    .option("--requests <a second>", "renditions made on request meanwhile", rateOf, 0)
    .option("--existing <images>", "the same, of a bucket that is there already", imagesOf)
    .option("--recover <images>", "the same, and the catalog, after a loss", imagesOf)
    .option("--uploads <a second>", "uploads while a reprocess runs", rateOf, 0)
    .option("--stage <name>", "take the settings of this stage")
    .option(
      "--functions <number>",
      "the setting functionConcurrency (default: 8)",
      wholeNumber(2, 1000),
    )
    .option("--pollers <min-max>", "the setting pollers, in its place", pollersOf)
    .option("--tasks <number>", "the setting workerTasks (default: 10)", wholeNumber(1, 1000))
    .option(
      "--account <number>",
      "functions that the account may run at once",
      wholeNumber(1),
      1000,
    )
    .option("--cpu <ms>", "CPU time of an image (default: 461)", wholeNumber(1))
    .option("--renditions <number>", "renditions of an image (default: 6)", wholeNumber(1))
    .option("--large <share>", "share of large images", shareOf, 0)
    .option("--event-delay <times>", "0: S3's events come at once; 2: twice as late", timesOf, 1)
    .option("--sample <number>", "images to measure", wholeNumber(1), 12)
    .addOption(
      new Option("--find <setting>", "find the smallest value with which --p95 holds").choices([
        "functionConcurrency",
        "workerTasks",
      ] as const),
    )
    .option("--p95 <seconds>", "95 % of the uploads are done within so many seconds", secondsOf)
    .option("--seed <number>", "of the random numbers", wholeNumber(0, 2 ** 31 - 1), 1)
    .option("--seeds <number>", "simulations, for 95 % bands", wholeNumber(1, 100), 1)
    .option("--html <file>", "also write a page with the graphs")
    .action(async (targets, options) => {
      const { simulateCommand } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const all = { ...options, connection, targets, cwd: context.cwd };
      context.onExit(await simulateCommand(all, context.screen(options.json)));
    });
}

/** @throws InvalidArgumentError */
function number(text: string, from: number, to: number, example: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value >= from && value <= to) return value;
  const until = to === Number.POSITIVE_INFINITY ? `${from} or more` : `from ${from} to ${to}`;
  throw new InvalidArgumentError(`Use a number ${until}, such as ${example}.`);
}

/** `1000000`, `1_000_000` or `1e6`. */
function imagesOf(text: string): number {
  const value = Number(text.replaceAll("_", ""));
  if (/^[\d_]+(e\d)?$/.test(text) && value >= 1 && value <= MOST_IMAGES) return value;
  throw new InvalidArgumentError("Use a number from 1 to 100 million, such as 1000000 or 1e6.");
}

const peakOf = (text: string) => number(text, 1, 24, "3");
const rateOf = (text: string) => number(text.replace(/\/s$/, ""), 0, 100_000, "10");
const shareOf = (text: string) => number(text, 0, 1, "0.01");
const timesOf = (text: string) => number(text, 0, 100, "2");
const secondsOf = (text: string) =>
  number(text.replace(/s$/, ""), 0.1, Number.POSITIVE_INFINITY, "60");

function pollersOf(text: string): { min: number; max: number } {
  const [, least = "", most = ""] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const [min, max] = [Number(least), Number(most)];
  if (min >= 2 && min <= 200 && max >= min && max <= 2000) return { min, max };
  throw new InvalidArgumentError(
    "Use the least and the most, 2 to 200 and up to 2000, such as 20-100.",
  );
}
