import { FUNCTION_SECOND_USD, functionSeconds, PRICES } from "@imagefleet/core/prices";
import { type Machine, machineLine } from "../measure/machine.ts";
import { markdownTable } from "../table.ts";
import { type Account, type Counted, WAIT_SECONDS } from "./account.ts";
import type { Work } from "./works.ts";

export const MILLION = 1_000_000;

export interface Priced {
  readonly work: Pick<Work, "name" | "what" | "barUsd">;
  readonly counted: Counted;
  /** USD per image. */
  readonly account: Account;
}

const ROWS: readonly (readonly [keyof Account, string])[] = [
  ["compute", "Lambda, duration"],
  ["invocations", "Lambda, requests"],
  ["s3", "S3 requests"],
  ["sqs", "SQS requests"],
  ["logs", "log ingestion"],
  ["total", "**total**"],
];

/** The section "Rendering, per million" in docs/deploy.md. */
export function priceMarkdown(works: readonly Priced[], machine: Machine): string[] {
  const bar = ({ work: { barUsd } }: Priced) =>
    barUsd === undefined ? "" : dollars(barUsd * MILLION);
  const table = {
    columns: ["USD per million images", ...works.map(({ work }) => work.name)],
    rows: [
      ...ROWS.map(([row, title]) => [
        title,
        ...works.map(({ account }) => dollars(account[row] * MILLION)),
      ]),
      ["the limit that the bench checks", ...works.map(bar)],
      ["kept with a CPU slower by up to", ...works.map(slowest)],
      ["CPU ms per image", ...works.map(({ counted }) => cpuMs(counted).toFixed(0))],
      ["S3 requests per image", ...works.map(({ counted }) => s3Calls(counted))],
    ],
  };
  const date = new Date().toISOString().slice(0, 10);
  return [
    ...markdownTable(table),
    "",
    ...works.map(({ work }) => `- *${work.name}*: ${work.what}`),
    "",
    `Measured on ${date}: ${machineLine(machine)}. List prices of ${PRICES.region}, ${PRICES.date}, without free tier. Lambda itself was not measured: one arm64 CPU of Lambda is assumed to be as fast as one CPU of this machine. If it needs twice as long, Lambda's duration costs twice as much, except for the ${WAIT_SECONDS * 1000} ms per image in which the function waits for S3. The function has 2,048 / 1,769 of a vCPU and is billed for as long as that is busy.`,
  ];
}

/** The factor by which a CPU may be slower than this one before the bar is missed. */
function slowest({ work: { barUsd }, counted, account }: Priced): string {
  if (barUsd === undefined) return "";
  const cpuSeconds = counted.cpuSeconds / counted.images;
  const cpuUsd = functionSeconds({ cpuSeconds, waitSeconds: 0 }) * FUNCTION_SECOND_USD;
  return `${(Math.floor((1 + (barUsd - account.total) / cpuUsd) * 10) / 10).toFixed(1)} x`;
}

export function cpuMs({ cpuSeconds, images }: Counted): number {
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

export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
