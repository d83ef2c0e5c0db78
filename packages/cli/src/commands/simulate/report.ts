import { PRICES } from "@imagefleet/core/prices";
import {
  CONSTANTS,
  type Limit,
  type Moment,
  type ScaleSettings,
  type SimulationResult,
} from "@imagefleet/simulation";
import { present } from "../../present.ts";
import { lasting, many, thousands, usd } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Column, table } from "../../terminal/table.ts";
import type { Line } from "./cost.ts";

/** What was simulated, and what came out. */
export interface Report {
  readonly title: string;
  /** What an image takes. */
  readonly basis: string;
  readonly settings: ScaleSettings;
  /** The setting that was searched for. */
  readonly found: "functionConcurrency" | "workerTasks" | undefined;
  readonly p95: number | undefined;
  readonly seed: number;
  readonly results: readonly SimulationResult[];
  readonly cost: readonly Line[];
}

/** The most and the fewest columns of a graph, and what its line has besides. */
const WIDTH = { most: 44, least: 10, beside: 38 } as const;
/** Shorter waits than this are not worth a setting, s. */
const LONG_WAIT = 15;
const BARS = "▁▂▃▄▅▆▇█";

/** What limits, and which setting changes it. */
const LIMITS: Readonly<Record<Limit, string>> = {
  functionConcurrency: "raise functionConcurrency, or pollers.max",
  ramp: "Lambda starts with few pollers and adds more each minute: the setting pollers, or a higher pollers.min, starts with more",
  account: "raise the account's concurrency of Lambda (Service Quotas)",
  workerTasks: "raise workerTasks",
};

function limitOf({
  limits,
  backfilled,
  small,
  large,
}: SimulationResult): { name: Limit; share: number } | undefined {
  if (backfilled === 0 && Math.max(small.p99, large.p99) < LONG_WAIT) return undefined;
  // Of the lane that takes longer.
  if (large.p99 > small.p99 && limits.workerTasks >= 0.05) {
    return { name: "workerTasks", share: limits.workerTasks };
  }
  const all = Object.entries(limits).map(([name, share]) => ({ name, share }));
  const [first] = all.sort((a, b) => b.share - a.share);
  if (first === undefined || first.share < 0.05 || !isLimit(first.name)) return undefined;
  return { name: first.name, share: first.share };
}

function isLimit(name: string): name is Limit {
  return name in LIMITS;
}

export function reportText(report: Report, result: SimulationResult, screen: Screen): string[] {
  const { paint } = screen;
  const width = Math.max(WIDTH.least, Math.min(WIDTH.most, screen.width - WIDTH.beside));
  const { settings, results, cost, found, p95 } = report;
  const lanes = [
    { lane: "small", waits: results.map((each) => each.small) },
    { lane: "large", waits: results.map((each) => each.large) },
    { lane: "on request", waits: results.map((each) => each.requested) },
  ].filter(({ waits }) => (waits[0]?.count ?? 0) > 0);
  type Row = (typeof lanes)[number];
  const time = (title: string, of: (waits: Row["waits"][number]) => number): Column<Row> => ({
    title,
    align: "right",
    cell: ({ waits }) => band(waits.map(of)),
  });
  const columns: Column<Row>[] = [
    { title: "lane", cell: ({ lane }) => lane },
    { title: "images", align: "right", cell: ({ waits }) => thousands(waits[0]?.count ?? 0) },
    time("p50", ({ p50 }) => p50),
    time("p95", ({ p95: each }) => each),
    time("p99", ({ p99 }) => p99),
    time("longest", ({ longest }) => longest),
  ];
  const limit = limitOf(result);
  const total = cost.reduce((sum, [, amount]) => sum + amount, 0);
  const images = result.small.count + result.large.count + result.backfilled;
  const million = (total / Math.max(1, images)) * 1e6;
  const graph = (name: string, of: (moment: Moment) => number, most: string) =>
    `${name.padEnd(12)}${sparkline(result.moments.map(of), width)}  ${most}`;
  const alarms = result.alarms.map(({ name, at }) => `${name} after ${lasting(at)}`).join(", ");
  return present(
    [paint("bold", `${report.title}, with ${capacityText(settings)}`), ""],
    lanes.length > 0 && [
      ...table(columns, lanes, screen),
      paint(
        "dim",
        `Time from an upload until its renditions are there${result.requested.count > 0 ? "; on request, from the request to its answer" : ""}.`,
      ),
      "",
    ],
    result.backfilled > 0 && [
      `${many(result.backfilled, "image")} of the reprocess in ${lasting(result.seconds)}`,
      "",
    ],
    found !== undefined && [
      paint(
        "green",
        `${found}: ${found === "workerTasks" ? settings.workerTasks : settings.functionConcurrency} is the smallest with which 95 % take ${p95} s at most.`,
      ),
      "",
    ],
    graph("functions", ({ functions }) => functions, `${result.mostFunctions} at most`),
    graph("waiting", ({ waiting }) => waiting, `${many(result.mostWaiting, "message")} at most`),
    result.mostTasks > 0 && graph("tasks", ({ tasks }) => tasks, `${result.mostTasks} at most`),
    `${" ".repeat(12)}${axis(result, width)}`,
    "",
    `batches     ${result.batchFill.toFixed(1)} messages each, ${many(result.invocations, "invocation")}, ${many(result.coldStarts, "cold start")}`,
    `S3          ${rate(result.mostReads)} requests a second for sources, three for each image (a partition takes ${thousands(CONSTANTS.s3Reads.value)})`,
    `            ${rate(result.mostWrites)} writes of each rendition a second (a partition takes ${thousands(CONSTANTS.s3Writes.value)})`,
    result.throttles > 0 &&
      paint("yellow", `throttles   ${many(result.throttles, "batch", "batches")} had to wait`),
    result.refused > 0 &&
      paint(
        "yellow",
        `viewers     ${many(result.refused, "request")} refused: the account's functions are exhausted`,
      ),
    alarms === "" ? "alarms      none" : paint("yellow", `alarms      ${alarms}`),
    limit === undefined
      ? "limit       nothing waits for long"
      : paint(
          "yellow",
          `limit       ${limit.name}, in ${Math.round(100 * limit.share)} % of the time${limit.name === "workerTasks" ? "" : " with a backlog"}: ${LIMITS[limit.name]}`,
        ),
    "",
    paint("bold", `${usd(total)}, which is ${usd(million)} a million images`),
    settings.pollers !== undefined &&
      `  (${many(settings.pollers.min, "poller")} that are always there cost ${usd(settings.pollers.min * 730 * PRICES.lambda.pollerHour)} a month, besides their polls)`,
    ...cost
      .filter(([, amount]) => amount > 0)
      .map(([name, amount]) => `  ${name.padEnd(26)}${usd(amount).padStart(12)}`),
    "",
    paint(
      "dim",
      `${report.basis} Arrivals are random, by seed ${report.seed}${results.length > 1 ? ` and ${many(results.length - 1, "other")}: 95 % of the simulations lie in the bands` : ""}. List prices of ${PRICES.region} on ${PRICES.date}, without free tier, storage and delivery.`,
    ),
  );
}

export function reportJson(report: Report, result: SimulationResult): unknown {
  const { moments, ...rest } = result;
  const limit = limitOf(result);
  return {
    version: 1,
    title: report.title,
    settings: report.settings,
    seed: report.seed,
    ...rest,
    limit: limit?.name ?? null,
    find: report.found === undefined ? null : { setting: report.found, p95: report.p95 },
    bands: {
      smallP95: ends(report.results.map(({ small }) => small.p95)),
      largeP95: ends(report.results.map(({ large }) => large.p95)),
    },
    usd: Object.fromEntries(report.cost),
    totalUsd: report.cost.reduce((sum, [, amount]) => sum + amount, 0),
    prices: { region: PRICES.region, date: PRICES.date },
    moments,
  };
}

export function capacityText({ pollers, functionConcurrency, workerTasks }: ScaleSettings): string {
  const functions = pollers
    ? `${pollers.min} to ${pollers.max} pollers`
    : many(functionConcurrency ?? 8, "function");
  return `${functions} and up to ${many(workerTasks, "task")}`;
}

/** The middle 95 % of some values: their ends. */
function ends(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(0.025), at(0.975)];
}

function band(values: readonly number[]): string {
  const [low, high] = ends(values);
  const text = (seconds: number) => {
    if (seconds < 99.5) return `${seconds.toFixed(1)} s`;
    return seconds < 5970 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
  };
  return text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;
}

function rate(value: number): string {
  return value < 10 ? value.toFixed(1) : thousands(Math.round(value));
}

/** A bar for each part of the time, by its highest value. */
function sparkline(values: readonly number[], columns: number): string {
  const most = Math.max(...values, 1);
  return Array.from({ length: columns }, (_, at) => {
    const from = Math.floor((at * values.length) / columns);
    const to = Math.floor(((at + 1) * values.length) / columns);
    const share = Math.max(0, ...values.slice(from, Math.max(from + 1, to))) / most;
    return share === 0 ? " " : BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))];
  }).join("");
}

function axis({ moments }: SimulationResult, columns: number): string {
  return `0${lasting(moments.at(-1)?.at ?? 0).padStart(columns - 1)}`;
}
