#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from "@commander-js/extra-typings";

/** Wrong use, as everywhere in this project. */
const WRONG_USE = 2;

const JSON_HELP = "one JSON object on stdout, everything else on stderr";
const SAVE_HELP = "keep these figures as the baseline";

const stop = new AbortController();
process.once("SIGINT", () => {
  say("stopping; once more to stop at once");
  stop.abort(new Error("interrupted"));
});

const root = new Command("bench")
  .description("Measures this project beside what it is held against, in one run.")
  .showSuggestionAfterError()
  .exitOverride();

root
  .command("fleet")
  .description(
    "queue, handler and store beside core alone and the same S3 and SQS calls made bare: CPU an image",
  )
  .option("--images <n>", "photos through each side", count, 120)
  .option("--rounds <n>", "rounds that the photos are spread over, the sides in turn", count, 6)
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, images, rounds }) => {
    const { fleetBench } = await import("./fleet/bench.ts");
    await fleetBench({ images, rounds, json, save, say, signal: stop.signal });
  });

root
  .command("ladder")
  .description("three sizes from a JPEG: beside sharp's idiom, ipx, Pillow, ImageMagick: CPU ms")
  .option("--rounds <n>", "rounds, the sides in turn", count, 9)
  .option("--crops <dir>", "measure nothing: write crops of the renditions there, side by side")
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, rounds, crops }) => {
    if (crops !== undefined) {
      const { writeCrops } = await import("./resize/crops.ts");
      await writeCrops({ dir: crops, say });
      return;
    }
    const { ladderBench } = await import("./resize/bench.ts");
    await ladderBench({ rounds, json, save, say, signal: stop.signal });
  });

root
  .command("formats")
  .description("each output format by effort and quality: CPU ms, bytes, SSIM")
  .option("--rounds <n>", "rounds, the settings in turn", count, 3)
  .option("--markdown", "the table as Markdown")
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, markdown = false, rounds }) => {
    const { formatsBench } = await import("./formats/bench.ts");
    await formatsBench({ rounds, markdown, json, save, say, signal: stop.signal });
  });

root
  .command("large")
  .description(
    "gigapixel TIFF, progressive JPEG, huge PNGs, 500 pages: peak memory on the large lane",
  )
  .option("--only <name>", "only the sources with this in their name")
  .option("--remove", "take the sources (4 GB) off the disk afterwards")
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, remove = false, only }) => {
    const { largeBench } = await import("./large/bench.ts");
    const filter = only === undefined ? {} : { only };
    await largeBench({ ...filter, remove, json, save, say, signal: stop.signal });
  });

root
  .command("cost")
  .description("peak memory of a job, every format by size, beside what the plan predicts")
  .option("--only <name>", "only the sources with this in their name, as 12 MP or PNG")
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, only }) => {
    const { costBench } = await import("./cost/bench.ts");
    const filter = only === undefined ? {} : { only };
    await costBench({ ...filter, json, save, say, signal: stop.signal });
  });

root
  .command("cold")
  .description("the function's cold start beside importing sharp and the SDK's clients alone")
  .option("--rounds <n>", "rounds, a fresh process a side", count, 15)
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, rounds }) => {
    const { coldBench } = await import("./cold-start/bench.ts");
    await coldBench({ rounds, json, save, say, signal: stop.signal });
  });

root
  .command("price")
  .description("what a million images cost on AWS: measured CPU, counted requests, list prices")
  .option("--batches <n>", "full batches a work", count, 6)
  .option("--markdown", "the table of docs/deploy.md as well")
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, markdown = false, batches }) => {
    const { priceBench } = await import("./price/bench.ts");
    await priceBench({ batches, markdown, json, save, say, signal: stop.signal });
  });

root
  .command("enqueue")
  .description("imagefleet reprocess beside the SDK in a loop: keys/s, CPU a key, memory")
  .option("--keys <n>", "keys a side and round", many, 30_000)
  .option("--rounds <n>", "rounds, the sides in turn", count, 7)
  .option("--whole <n>", "keys of one run of ours, whose memory is looked at", many, 300_000)
  .option(
    "--kill",
    "measure no rates: kill that run twice at random, resume it, count the messages",
  )
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, kill = false, ...sizes }) => {
    const { enqueueBench } = await import("./enqueue/bench.ts");
    await enqueueBench({ ...sizes, kill, json, save, say, signal: stop.signal });
  });

root
  .command("backfill")
  .description("an upload's time during imagefleet reprocess, with and without its depth control")
  .option("--sources <n>", "sources that are reprocessed", many, 5_000)
  .option("--uploads <n>", "uploads a phase", count, 50)
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, ...sizes }) => {
    const { backfillBench } = await import("./backfill/bench.ts");
    await backfillBench({ ...sizes, json, save, say, signal: stop.signal });
  });

root
  .command("audit")
  .description("imagefleet audit over a million sources that are only listed: memory, time")
  .option("--sources <n>", "sources; also a tenth of them", many, 1_000_000)
  .option("--json", JSON_HELP)
  .option("--save", SAVE_HELP)
  .action(async ({ json = false, save = false, sources }) => {
    const { auditBench } = await import("./audit/bench.ts");
    await auditBench({ sources, json, save, say, signal: stop.signal });
  });

try {
  await root.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

function tell(error: unknown): number {
  // The parser has said its line, or the help, already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError("Write a whole number from 1 to 10000.");
}

function many(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 10 && number <= 10_000_000) return number;
  throw new InvalidArgumentError("Write a whole number from 10 to 10000000.");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
