#!/usr/bin/env node
import {
  Command,
  CommanderError,
  InvalidArgumentError,
  type OptionValues,
} from "@commander-js/extra-typings";
import type { Bench } from "./runner.ts";

/** The exit code of a usage error, as in the command line of the project. */
const USAGE_ERROR = 2;

const count = whole(1, 10_000);
const many = whole(10, 10_000_000);

const stop = new AbortController();
process.once("SIGINT", () => {
  say("stopping (press Ctrl-C again to stop at once)");
  stop.abort(new Error("interrupted"));
});

const root = new Command("bench")
  .description("Measures this project and its alternatives in one run.")
  .showSuggestionAfterError()
  .exitOverride();

add(
  root
    .command("fleet")
    .description("CPU per image: the fleet, core alone, and the same S3 and SQS calls alone")
    .option("--images <n>", "photos for each contestant", count, 120)
    .option("--rounds <n>", "rounds, which share the photos", count, 6),
  async () => (await import("./fleet/bench.ts")).fleet,
);

add(
  root
    .command("resize")
    .description("CPU ms of three sizes from a JPEG: ours, sharp's idiom, ipx, Pillow, ImageMagick")
    .option("--rounds <n>", "rounds, the contestants in turn", count, 9)
    .option("--crops <dir>", "do not measure: write crops of the renditions, side by side"),
  async () => (await import("./resize/bench.ts")).resize,
);

add(
  root
    .command("quality")
    .description("bytes, CPU ms and USD of each encoder's settings at one SSIMULACRA 2.1 score")
    .option("--photos <folder>", "photos to measure on, instead of the generated samples")
    .option("--target <score>", "the mean score, 30 to 95", whole(30, 95), 80)
    .option("--full", "score whole pictures instead of a crop of 512 px")
    .option("--svg <file>", "also draw bytes over CPU time")
    .option("--markdown", "print the tables as Markdown"),
  async () => (await import("./quality/bench.ts")).quality,
);

add(
  root
    .command("console")
    .description("the console's page while a fleet is at work: memory, requests, first paint")
    .option("--minutes <n>", "how long it is open", count, 60)
    .option("--pictures <n>", "pictures that are uploaded in this time", many, 10_000)
    .option("--letters <n>", "dead letters", many, 2000),
  async () => (await import("./console/bench.ts")).consoleBench,
);

add(
  root
    .command("simulation")
    .description("a run of the local fleet beside the simulation's prediction of it")
    .option("--images <n>", "pictures", many, 10_000),
  async () => (await import("./simulation/bench.ts")).simulation,
);

add(
  root.command("scale").description("the tables of docs/scale.md, by imagefleet simulate"),
  async () => (await import("./scale/bench.ts")).scale,
);

add(
  root
    .command("large")
    .description("peak memory of the large lane: gigapixel TIFF, progressive JPEG, huge PNGs")
    .option("--only <name>", "only sources whose name contains this")
    .option("--remove", "delete the sources (4 GB) afterwards"),
  async () => (await import("./large/bench.ts")).large,
);

add(
  root
    .command("cost")
    .description("peak memory of a job for every format and size, compared with the prediction")
    .option("--only <name>", "only sources whose name contains this, as 12 MP or PNG"),
  async () => (await import("./cost/bench.ts")).cost,
);

add(
  root
    .command("cold-start")
    .description("the function's cold start, compared with sharp and the SDK's clients alone")
    .option("--rounds <n>", "rounds, one fresh process for each contestant", count, 15),
  async () => (await import("./cold-start/bench.ts")).coldStart,
);

add(
  root
    .command("deliver")
    .description("renditions on request beside ipx and next/image, and beside sharp and bare calls")
    .option("--rounds <n>", "rounds, the contestants in turn", count, 5)
    .option("--times <n>", "misses of each contestant in a round", count, 16)
    .option("--bare-rounds <n>", "rounds beside sharp with the same S3 and SQS calls", count, 9)
    .option("--alone", "without ipx and next/image, which are installed on first use"),
  async () => (await import("./deliver/bench.ts")).deliverBench,
);

add(
  root
    .command("price")
    .description("the cost of a million images on AWS: measured CPU and requests, list prices")
    .option("--batches <n>", "full batches of each workload", count, 6)
    .option("--markdown", "also print the table of docs/deploy.md"),
  async () => (await import("./price/bench.ts")).price,
);

add(
  root
    .command("enqueue")
    .description("keys/s, CPU per key and memory: imagefleet reprocess and a loop over the SDK")
    .option("--keys <n>", "keys of each contestant in a round", many, 30_000)
    .option("--rounds <n>", "rounds, the contestants in turn", count, 7)
    .option("--whole <n>", "keys of the run whose memory is measured", many, 300_000)
    .option("--kill", "do not measure: kill that run twice, resume it, count the messages"),
  async () => (await import("./enqueue/bench.ts")).enqueue,
);

add(
  root
    .command("backfill")
    .description("latency of uploads during imagefleet reprocess, with and without depth control")
    .option("--sources <n>", "sources that are reprocessed", many, 5_000)
    .option("--uploads <n>", "uploads in each phase", count, 50),
  async () => (await import("./backfill/bench.ts")).backfill,
);

add(
  root
    .command("uploads")
    .description("times until an upload is signed, and until a photo of 12 megapixels is ready")
    .option("--forms <n>", "forms that are signed", count, 200)
    .option("--photos <n>", "photos that are uploaded, one after another", count, 40),
  async () => (await import("./uploads/bench.ts")).uploads,
);

add(
  root
    .command("audit")
    .description("memory and time of imagefleet audit with a million synthetic sources")
    .option("--sources <n>", "sources; a tenth of them is measured too", many, 1_000_000),
  async () => (await import("./audit/bench.ts")).audit,
);

add(
  root
    .command("catalog")
    .description("time and memory of imagefleet catalog rebuild and check")
    .option("--images <n>", "manifests, written without rendering", many, 10_000),
  async () => (await import("./catalog/bench.ts")).catalog,
);

try {
  await root.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Completes the command of a bench, which is imported only when it runs. */
function add<Options extends OptionValues>(
  command: Command<[], Options>,
  load: () => Promise<Bench<Options>>,
): void {
  command.option("--json", "print one JSON object on stdout, everything else on stderr");
  command.option("--save", "save these figures as the baseline");
  command.action(async (options) => {
    const { runBench } = await import("./runner.ts");
    const has = (name: string) => command.getOptionValue(name) === true;
    const flags = { json: has("json"), save: has("save"), markdown: has("markdown") };
    await runBench(await load(), options, flags, { say, signal: stop.signal });
  });
}

function report(error: unknown): number {
  // The parser has printed its message, or the help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

function whole(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= from && number <= to) return number;
    throw new InvalidArgumentError(`Write a whole number from ${from} to ${to}.`);
  };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
