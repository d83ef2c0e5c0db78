import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FUNCTION_SECOND_USD, PRICES, TASK_SECOND_USD } from "@imagefleet/core/prices";
import type { Recipe } from "@imagefleet/core/recipe";
import * as v from "valibot";
import { RATES } from "../../connection/data-folder.ts";
import { writeWhole } from "../../files/output/staged-file.ts";
import { formatBytes, lasting, many, thousands, usd } from "../../terminal/format.ts";

/** The most renditions that a source has at its upload, by the recipe. */
export function mostRenditions({ presets }: Recipe): number {
  return presets.filter(({ when }) => when !== "request").length;
}

/** What was counted before the start; bytes where they are known. */
export interface Counted {
  sources: number;
  bytes: number;
  /** Sources for the large lane by their bytes alone. */
  large: number;
  /** Objects that are listed and not selected. */
  others: number;
  lists: number;
}

const ratesSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.record(v.string(), v.object({ perSecond: v.number(), at: v.number() })),
);

/** The rate of an earlier run, images/s, and when it was measured, ms since the epoch. */
export interface MeasuredRate {
  readonly perSecond: number;
  readonly at: number;
}

/** A rate from fewer jobs is not remembered: it is too inexact. */
export const ENOUGH_JOBS = 100;

/** The rate of a fleet in its last measured run, as remembered on this machine. */
export async function measuredRate(data: string, where: string): Promise<MeasuredRate | undefined> {
  return (await readRates(data))[where];
}

/** A failed write is ignored: the next forecast only has no duration. */
export async function rememberRate(data: string, where: string, rate: MeasuredRate): Promise<void> {
  const rates = { ...(await readRates(data)), [where]: rate };
  const text = Buffer.from(`${JSON.stringify(rates)}\n`);
  await writeWhole(ratesFile(data), text).catch(() => undefined);
}

async function readRates(data: string): Promise<Record<string, MeasuredRate>> {
  const text = await readFile(ratesFile(data), "utf8").catch(() => "");
  const parsed = v.safeParse(ratesSchema, text);
  return parsed.success ? parsed.output : {};
}

function ratesFile(data: string): string {
  return join(data, RATES);
}

/**
 * The assumed time of a job: a photo of 12 megapixels in the function, an image of a gigapixel in a
 * task. `imagefleet estimate` measures it.
 */
const ASSUMED = {
  smallSeconds: 0.6,
  largeSeconds: 40,
} as const;

/**
 * The cost in USD, by the list prices and {@link ASSUMED}.
 *
 * @param renditions the most that a source has, by its recipe
 */
export function forecastUsd(
  { sources, large, lists }: Pick<Counted, "sources" | "large" | "lists">,
  renditions: number,
): number {
  const small = sources - large;
  const { s3, sqs, lambda } = PRICES;
  const work =
    small * ASSUMED.smallSeconds * FUNCTION_SECOND_USD +
    (small / 10) * lambda.request +
    large * ASSUMED.largeSeconds * TASK_SECOND_USD;
  // For ten messages: a send, a receive and a delete. For each job: reads of the source, of its head
  // and of the manifest, writes of the renditions and of the manifest.
  const queue = (sources / 10) * 3 * sqs.request;
  const store = sources * (3 * s3.read + (renditions + 1) * s3.write) + lists * s3.write;
  return work + queue + store;
}

/** @param atMost `sources` is an upper bound: the stale ones are found while jobs are sent */
export function forecastText(
  counted: Counted,
  rate: MeasuredRate | undefined,
  atMost: boolean,
  { isLocal, renditions }: { isLocal: boolean; renditions: number },
): string[] {
  const { sources, bytes, large, others } = counted;
  const size = bytes > 0 ? `, ${formatBytes(bytes)}` : "";
  const lanes = large > 0 ? `, ${thousands(large)} of them for the large lane by size` : "";
  const rest = others > 0 ? ` (${many(others, "other object")} not selected)` : "";
  const cost = usd(forecastUsd(counted, renditions));
  const inLarge = large > 0 ? ` (${ASSUMED.largeSeconds} s in the large lane)` : "";
  const assumed = `assuming ${ASSUMED.smallSeconds} s${inLarge} and ${many(renditions, "rendition")} for each source`;
  return [
    `sources   ${atMost ? "at most " : ""}${thousands(sources)}${size}${lanes}${rest}`,
    rate === undefined
      ? `duration  unknown: no run with --wait of ${ENOUGH_JOBS} or more sources has measured this fleet yet`
      : `duration  about ${lasting(sources / rate.perSecond)}, at ${rate.perSecond.toFixed(1)} images/s as measured on ${new Date(rate.at).toISOString().slice(0, 10)}`,
    isLocal
      ? `cost      none here; ${cost} on AWS, ${assumed}`
      : `cost      ${atMost ? "at most " : ""}${cost}, ${assumed}; list prices of ${PRICES.region}, ${PRICES.date}; a source that is up to date costs a tenth`,
  ];
}
