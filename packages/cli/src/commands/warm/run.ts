import type { Recipe } from "@imagefleet/core/recipe";
import { type Manifest, RenditionStore } from "@imagefleet/core/store";
import pLimit from "p-limit";
import { type Connection, connect } from "../../connection/connect.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { addressOf } from "../../delivery/address.ts";
import { madeCost, viewsCost } from "../../delivery/cost.ts";
import { deliveryOf } from "../../delivery/delivery.ts";
import { EXIT } from "../../exit-code.ts";
import { RateLimit } from "../../feed/rate-limit.ts";
import { shellWord } from "../../invocation.ts";
import { limitHeap } from "../../limit-heap.ts";
import { present } from "../../present.ts";
import { readRecipe } from "../../recipe/read.ts";
import { costSoFar, formatBytes, formatMs, many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { manifestKeys } from "./manifests.ts";
import { type Requested, request } from "./request.ts";

export interface WarmOptions {
  readonly connection: ConnectionOptions;
  readonly recipe: string;
  /** Keys of sources, and prefixes that end with `/` or `*`. Empty: all that have a manifest. */
  readonly named: readonly string[];
  readonly preset?: string | undefined;
  /** Where renditions are delivered. Default: by the fleet's distribution, or the local edge. */
  readonly url?: string | undefined;
  /** Requests per second. */
  readonly rate?: number | undefined;
  readonly concurrency: number;
  readonly after?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Failures that are listed; all are counted. */
const LISTED = 20;

interface Warmed {
  readonly url: string;
  readonly counts: Record<Requested["kind"], number>;
  readonly statuses: Record<string, number>;
  readonly failures: { key: string; status: number | null; reason: string | null }[];
  /** Sources whose manifests were read. */
  sources: number;
  /** Sources that were named and have no manifest. */
  unknown: number;
  bytes: number;
  /** Every source up to this one is done. */
  after: string | undefined;
  readonly progress: Progress;
}

interface Progress {
  /** Selected sources; undefined until they are counted. */
  total: number | undefined;
  /** Sources that are done, with or without a manifest. */
  done: number;
  /** The time of the answers with a rendition that was made for them, s. */
  madeSeconds: number;
}

/** `imagefleet warm`: requests the renditions that are made on request before viewers do. */
export async function warm(options: WarmOptions, screen: Screen): Promise<number> {
  limitHeap();
  const recipe = await readRecipe(options.recipe);
  checkPreset(options, recipe);
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const url = options.url ?? (await urlOf(connection, options.connection));
  const result: Warmed = {
    url,
    counts: { made: 0, there: 0, later: 0, failed: 0 },
    statuses: {},
    failures: [],
    sources: 0,
    unknown: 0,
    bytes: 0,
    after: options.after,
    progress: { total: undefined, done: 0, madeSeconds: 0 },
  };
  const began = performance.now();
  {
    const isLocal = connection.consistencyDelaySeconds === 0;
    using _progress = showRepeatedly(screen, () => [progressText(result, began, isLocal)]);
    await warmAll(options, recipe, connection, result, signal);
  }
  const seconds = (performance.now() - began) / 1000;
  const interrupted = signal.aborted;
  if (options.json) screen.json(resultJson(result, seconds, interrupted));
  else screen.report(...resultText(result, seconds, interrupted, options, screen));
  if (interrupted) return EXIT.interrupted;
  return result.counts.failed + result.unknown > 0 ? EXIT.deadLetters : EXIT.done;
}

function checkPreset({ preset }: WarmOptions, { presets }: Recipe): void {
  const names = [...new Set(presets.map(({ name }) => name))];
  if (preset === undefined) return;
  if (!names.includes(preset)) {
    throw new UsageError(`--preset: the recipe has no preset ${preset}, but ${names.join(", ")}`);
  }
  if (presets.some(({ name, when }) => name === preset && when === "request")) return;
  throw new UsageError(`--preset: ${preset} is made at the upload: name one with when: "request"`);
}

async function urlOf(connection: Connection, options: ConnectionOptions): Promise<string> {
  const { url } = await deliveryOf(connection, options, "--url https://HOST");
  return url;
}

/** Requests page by page, so that everything before a page is done when the next begins. */
async function warmAll(
  options: WarmOptions,
  recipe: Recipe,
  connection: Connection,
  result: Warmed,
  signal: AbortSignal,
): Promise<void> {
  const { named, after, concurrency } = options;
  const bucket = await connection.bucket("renditionBucket");
  const store = new RenditionStore(connection.s3, bucket);
  const limit = pLimit(concurrency);
  const rate = new RateLimit(options.rate);
  const never = new AbortController().signal;
  const selection = { recipe, bucket, named, after };
  const counting = countAll(connection, selection, result.progress, signal);
  for await (const page of manifestKeys(connection.s3, selection)) {
    await Promise.all(
      page.map(({ key, source }) =>
        limit(async () => {
          if (signal.aborted) return;
          const manifest = (await store.manifest(key, never))?.manifest;
          if (manifest !== undefined) {
            result.sources++;
            await warmSource(manifest, options, result, rate, signal);
          } else if (named.includes(source)) result.unknown++;
          if (!signal.aborted) result.progress.done++;
        }),
      ),
    );
    if (signal.aborted) break;
    result.after = page.at(-1)?.source ?? result.after;
  }
  await counting;
}

/** Lists the selected manifests once more, ahead of the requests, so that progress has a total. */
async function countAll(
  { s3 }: Connection,
  selection: Parameters<typeof manifestKeys>[1],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  let total = 0;
  try {
    for await (const page of manifestKeys(s3, selection)) {
      if (signal.aborted) return;
      total += page.length;
    }
    progress.total = total;
  } catch {
    // The listing that the requests follow reports what is wrong.
  }
}

async function warmSource(
  { onRequest = [], source }: Manifest,
  { preset }: WarmOptions,
  result: Warmed,
  rate: RateLimit,
  signal: AbortSignal,
): Promise<void> {
  const { counts, statuses, failures, url } = result;
  for (const { key } of onRequest.filter(
    (each) => preset === undefined || each.preset === preset,
  )) {
    await rate.take(1, signal);
    if (signal.aborted) return;
    try {
      // As pages name it, so that the same entry of the cache is filled.
      const address = addressOf(url, key, source.etag);
      const { kind, status, bytes, seconds, reason } = await request(address, signal);
      counts[kind]++;
      if (kind === "made") result.progress.madeSeconds += seconds;
      result.bytes += bytes;
      const name = String(status ?? "none");
      statuses[name] = (statuses[name] ?? 0) + 1;
      if (kind === "failed" && failures.length < LISTED) {
        failures.push({ key, status: status ?? null, reason: reason ?? null });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function progressText(result: Warmed, began: number, isLocal: boolean): string {
  const { counts, progress } = result;
  const { total, done } = progress;
  const requested = requestedOf(result);
  const perSecond = requested / ((performance.now() - began) / 1000);
  const far =
    total === undefined
      ? many(done, "source")
      : `${thousands(done)} of ${many(Math.max(total, done), "source")}`;
  const cost = costSoFar(costUsd(result), isLocal);
  return `${far}, ${many(requested, "rendition")} requested, ${perSecond.toFixed(1)}/s: ${countsText(counts)}; ${cost}`;
}

function requestedOf({ counts }: Warmed): number {
  return Object.values(counts).reduce((all, each) => all + each, 0);
}

/** By the prices of `estimate`: an answer takes at least as long as the function is billed for it. */
function costUsd(result: Warmed): number {
  const { counts, bytes, progress } = result;
  const requested = Math.max(1, requestedOf(result));
  const views = requested * viewsCost(bytes / requested, 1).totalUsd;
  const made = counts.made * madeCost(progress.madeSeconds / Math.max(1, counts.made)).totalUsd;
  return (views + made) / 1e6;
}

function countsText({ made, there, later, failed }: Warmed["counts"]): string {
  return [
    `${thousands(made)} made`,
    `${thousands(there)} there before`,
    ...(later > 0 ? [`${thousands(later)} left to the worker`] : []),
    ...(failed > 0 ? [`${thousands(failed)} failed`] : []),
  ].join(", ");
}

function resultText(
  result: Warmed,
  seconds: number,
  interrupted: boolean,
  options: WarmOptions,
  { paint, command }: Screen,
): string[] {
  const { counts, statuses, failures, sources, unknown, bytes, url, after } = result;
  const requested = requestedOf(result);
  const first = `${many(requested, "rendition")} of ${many(sources, "source")} requested at ${url} in ${formatMs(seconds * 1000)}: ${countsText(counts)}; ${formatBytes(bytes)}`;
  const rest = counts.failed - failures.length;
  const isPrivate = statuses["403"] !== undefined;
  const again = [
    "warm",
    ...options.named.map(shellWord),
    ...(options.preset === undefined ? [] : [`--preset ${shellWord(options.preset)}`]),
    ...(after === undefined ? [] : [`--after ${shellWord(after)}`]),
  ].join(" ");
  return present(
    paint(interrupted ? ["bold", "yellow"] : "bold", interrupted ? `Interrupted: ${first}` : first),
    failures.map(({ key, status, reason }) => {
      const why = [status ?? "no answer", ...(reason === null ? [] : [reason])].join(", ");
      return paint("red", `  ${key}: ${why}`);
    }),
    rest > 0 && paint("red", `  and ${thousands(rest)} more`),
    isPrivate &&
      paint(
        "yellow",
        "403: the distribution wants signed addresses (delivery.keyGroups), or its access to the bucket or the function is wrong: doctor tells which.",
      ),
    unknown > 0 &&
      paint(
        "yellow",
        `${many(unknown, "source")} ${unknown === 1 ? "has" : "have"} no manifest: run reprocess for ${unknown === 1 ? "it" : "them"} first.`,
      ),
    requested === 0 &&
      unknown === 0 &&
      !interrupted &&
      'No manifest lists a rendition that is made on request: presets of the recipe need when: "request".',
    interrupted && ["", "Next:", `  ${command(again)}`],
  );
}

function resultJson(result: Warmed, seconds: number, interrupted: boolean): unknown {
  const { counts, after, progress: _progress, ...rest } = result;
  return {
    version: 1,
    ...rest,
    ...counts,
    seconds: Math.round(seconds * 1000) / 1000,
    interrupted,
    after: after ?? null,
  };
}
