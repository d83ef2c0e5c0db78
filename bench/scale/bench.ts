import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as v from "valibot";
import { CLI } from "../data.ts";
import { defineBench } from "../runner.ts";
import { markdownTable } from "../table.ts";

const waitsSchema = v.object({ p50: v.number(), p95: v.number(), p99: v.number() });
const resultSchema = v.object({
  small: waitsSchema,
  large: waitsSchema,
  backfilled: v.number(),
  seconds: v.number(),
  mostFunctions: v.number(),
  batchFill: v.number(),
  limit: v.nullable(v.string()),
  alarms: v.array(v.object({ name: v.string() })),
  totalUsd: v.number(),
});
type Result = v.InferOutput<typeof resultSchema>;

/** A load, its setting, and the options of `imagefleet simulate`. */
type Row = readonly [load: string, settings: string, options: string, images: number];

const MILLION = 1_000_000;

const LOADS: readonly Row[] = [
  ["1 M a day, even", "8 functions", "--per-day 1000000 --peak 1", MILLION],
  ["1 M a day, peak 2 x the mean", "8 functions", "--per-day 1000000 --peak 2", MILLION],
  ["", "13 functions", "--per-day 1000000 --peak 2 --functions 13", MILLION],
  [
    "1 M a day, peak 3 x the mean",
    "16 functions",
    "--per-day 1000000 --peak 3 --functions 16",
    MILLION,
  ],
  ["", "5 to 10 pollers", "--per-day 1000000 --peak 3 --pollers 5-10", MILLION],
  ["1,000 at once", "8 functions", "--burst 1000", 1000],
  ["", "100 functions", "--burst 1000 --functions 100", 1000],
  ["", "10 to 20 pollers", "--burst 1000 --pollers 10-20", 1000],
  ["100,000 at once", "8 functions", "--burst 100000", 100_000],
  ["", "1,000 functions", "--burst 100000 --functions 1000", 100_000],
  ["", "100 pollers", "--burst 100000 --pollers 100-100", 100_000],
  ["300,000 existing images", "8 functions", "--existing 300000", 300_000],
  ["", "50 functions", "--existing 300000 --functions 50", 300_000],
  [
    "10 M a day, peak 2 x the mean",
    "130 functions",
    "--per-day 10000000 --functions 130",
    10 * MILLION,
  ],
  ["", "5 to 15 pollers", "--per-day 10000000 --pollers 5-15", 10 * MILLION],
];

const RATES: readonly Row[] = [
  ["0.1", "8 functions", "--per-day 8640 --peak 1", 8640],
  ["1", "8 functions", "--per-day 86400 --peak 1", 86_400],
  ["5", "8 functions", "--per-day 432000 --peak 1", 432_000],
  ["11.6, a million a day", "8 functions", "--per-day 1000000 --peak 1", MILLION],
  [
    "58, five million a day",
    "50 functions",
    "--per-day 5000000 --peak 1 --functions 50",
    5 * MILLION,
  ],
  ["full batches", "8 functions", "--backfill 100000", 100_000],
];

/** The workload of an article: see docs/articles.md. */
const COMPRESS = "--per-day 1000000 --peak 1 --cpu 833 --renditions 4";
const ARTICLE: readonly Row[] = [
  ["default", "8 functions", COMPRESS, MILLION],
  ["enough functions", "16 functions", `${COMPRESS} --functions 16`, MILLION],
  ["pollers", "10 to 20 pollers", `${COMPRESS} --pollers 10-20`, MILLION],
  [
    "and S3's events twice as late",
    "10 to 20 pollers",
    `${COMPRESS} --pollers 10-20 --event-delay 2`,
    MILLION,
  ],
  [
    "and S3's events at once",
    "10 to 20 pollers",
    `${COMPRESS} --pollers 10-20 --event-delay 0`,
    MILLION,
  ],
  [
    "1,000 at once",
    "10 to 20 pollers",
    "--burst 1000 --cpu 833 --renditions 4 --pollers 10-20",
    1000,
  ],
];

/** The tables of docs/scale.md. */
export const scale = defineBench<object>("scale", async (_, { say, signal }) => {
  const run = async (rows: readonly Row[]): Promise<(readonly [Row, Result])[]> => {
    const found: (readonly [Row, Result])[] = [];
    for (const row of rows) {
      signal.throwIfAborted();
      say(`simulate ${row[2]}`);
      const args = [CLI, "simulate", ...row[2].split(" "), "--json"];
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        maxBuffer: 64 * 1024 * 1024,
      });
      found.push([row, v.parse(resultSchema, JSON.parse(stdout))]);
    }
    return found;
  };
  const limit = ({ limit: name, alarms }: Result) =>
    [name ?? "–", ...alarms.map((each) => `alarm ${each.name}`)].join(", ");
  const lines = [
    ...markdownTable({
      texts: 2,
      columns: ["load", "setting", "p50", "p95", "p99", "all done", "limit", "USD a million"],
      rows: (await run(LOADS)).map(([[load, settings, , images], result]) => [
        load,
        settings,
        ...(result.backfilled > 0
          ? ["–", "–", "–"]
          : [result.small.p50, result.small.p95, result.small.p99].map(time)),
        load.includes("a day") || (load === "" && result.seconds > 80_000)
          ? "–"
          : time(result.seconds),
        limit(result),
        ((result.totalUsd / images) * MILLION).toFixed(2),
      ]),
    }),
    "",
    ...markdownTable({
      texts: 2,
      columns: ["uploads a second", "setting", "messages a batch", "p95", "USD a million"],
      rows: (await run(RATES)).map(([[load, settings, , images], result]) => [
        load,
        settings,
        result.batchFill.toFixed(1),
        result.backfilled > 0 ? "–" : time(result.small.p95),
        ((result.totalUsd / images) * MILLION).toFixed(2),
      ]),
    }),
    "",
    ...markdownTable({
      texts: 2,
      columns: ["", "setting", "p50", "p95", "p99", "USD a million"],
      rows: (await run(ARTICLE)).map(([[load, settings, , images], result]) => [
        load,
        settings,
        ...[result.small.p50, result.small.p95, result.small.p99].map(time),
        ((result.totalUsd / images) * MILLION).toFixed(2),
      ]),
    }),
  ];
  return { note: lines.join("\n"), result: {} };
});

function time(seconds: number): string {
  if (seconds < 99.5) return `${seconds.toFixed(1)} s`;
  return seconds < 5970 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
