import { FUNCTION_SECOND_USD, functionSeconds, PRICES } from "@imagefleet/core/prices";
import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import { type Account, type Counted, WAIT_SECONDS } from "./account.ts";
import type { Work } from "./works.ts";

export interface Priced {
  readonly work: Pick<Work, "name" | "what" | "barUsd">;
  readonly counted: Counted;
  /** USD an image. */
  readonly account: Account;
}

export interface PriceResult {
  readonly bench: string;
  readonly works: readonly Priced[];
  readonly machine: Machine;
}

const MILLION = 1_000_000;

const ROWS: readonly (readonly [keyof Account, string])[] = [
  ["compute", "Lambda, duration"],
  ["invocations", "Lambda, requests"],
  ["s3", "S3 requests"],
  ["sqs", "SQS requests"],
  ["logs", "logs taken in"],
  ["total", "**in all**"],
];

/** What stands in docs/deploy.md. */
export function priceMarkdown({ works, machine }: PriceResult, date: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const bar = ({ work: { barUsd } }: Priced) =>
    barUsd === undefined ? "" : dollars(barUsd * MILLION);
  return [
    line(["USD a million images", ...works.map(({ work }) => work.name)]),
    line(["---", ...works.map(() => "---:")]),
    ...ROWS.map(([row, title]) =>
      line([title, ...works.map(({ account }) => dollars(account[row] * MILLION))]),
    ),
    line(["at most, by this project's own bar", ...works.map(bar)]),
    line(["kept up to k =", ...works.map(slowest)]),
    line(["CPU ms an image", ...works.map(({ counted }) => cpuMs(counted).toFixed(0))]),
    line(["S3 requests an image", ...works.map(({ counted }) => s3Calls(counted))]),
    "",
    ...works.map(({ work }) => `- *${work.name}*: ${work.what}`),
    "",
    `Measured on ${date}: ${machineLine(machine)}. List prices of ${PRICES.region} on ${PRICES.date}, before any free tier. A processor of Lambda's on arm64 is taken for one of this machine's; if it takes k times as long, Lambda's duration costs k times as much, but for the ${WAIT_SECONDS * 1000} ms an image in which S3 is waited for: these stay as they are. The function's share is 2,048 of 1,769 MiB, its processors are busy the rest of the time.`,
  ].join("\n");
}

export function priceTable(result: PriceResult, earlier: Baseline | undefined): string {
  const rows = result.works.map(({ work, counted, account }) => {
    const before = earlier?.figures[`usd a million, ${work.name}`];
    const bar = work.barUsd;
    const verdict =
      bar === undefined ? "no bar" : `bar ${dollars(bar * MILLION)}: ${met(account.total, bar)}`;
    return `${work.name.padEnd(14)}${dollars(account.total * MILLION).padStart(9)} a million (baseline ${before === undefined ? "–" : dollars(before)}), ${cpuMs(counted).toFixed(0)} CPU ms an image; ${verdict}`;
  });
  return [
    `price: the function that ships, full batches`,
    machineLine(result.machine),
    "",
    ...rows,
  ].join("\n");
}

function met(total: number, bar: number): string {
  return total <= bar ? "met" : "NOT met";
}

export function priceBaseline(result: PriceResult, setup: string): Baseline {
  const figures = result.works.flatMap(({ work, counted, account }) => [
    [`usd a million, ${work.name}`, Math.round(account.total * MILLION * 100) / 100] as const,
    [`cpu ms, ${work.name}`, Math.round(cpuMs(counted))] as const,
  ]);
  return {
    bench: result.bench,
    // Dollars follow the machine: no later run is held against them.
    ratios: {},
    figures: Object.fromEntries(figures),
    machine: { ...result.machine },
    setup,
    at: new Date().toISOString(),
  };
}

/** How many times as long as here a processor may take at it before the bar is missed. */
function slowest({ work: { barUsd }, counted, account }: Priced): string {
  if (barUsd === undefined) return "";
  const cpuSeconds = counted.cpuSeconds / counted.images;
  const cpuUsd = functionSeconds({ cpuSeconds, waitSeconds: 0 }) * FUNCTION_SECOND_USD;
  return (Math.floor((1 + (barUsd - account.total) / cpuUsd) * 10) / 10).toFixed(1);
}

function cpuMs({ cpuSeconds, images }: Counted): number {
  return (cpuSeconds / images) * 1000;
}

function s3Calls({ calls, images }: Counted): string {
  return Object.entries(calls)
    .filter(([call]) => call.startsWith("s3 "))
    .map(
      ([call, n]) =>
        `${Math.round((n / images) * 10) / 10} ${call.slice(3).replace("Object", "").toUpperCase()}`,
    )
    .sort()
    .join(", ");
}

function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
