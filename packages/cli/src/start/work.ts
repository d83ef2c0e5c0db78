import type { Fleet, FleetStatus, StoredRendition } from "@imagefleet/local/fleet";
import type { SourceFile } from "../input/collect.ts";
import type { Unreadable } from "../input/walk.ts";
import { showProgress } from "../view/progress.ts";
import type { Screen } from "../view/screen.ts";
import { Ledger } from "./ledger.ts";
import { hasRenditions, mergeResults, type RunResults } from "./results.ts";
import { uploadAll } from "./upload.ts";

/** The queues can be empty a moment before a program's last line has been read; ms. */
const LINES_MS = 2_000;

/**
 * Puts sources in and waits until the fleet is done with them, showing how far it is. An abort ends
 * the waiting: what is finished until then is the result.
 */
export async function work(
  fleet: Fleet,
  sources: readonly SourceFile[],
  screen: Screen,
  signal: AbortSignal,
): Promise<{ run: RunResults; failed: readonly Unreadable[] }> {
  const startedAt = Date.now();
  const began = performance.now();
  const ledger = new Ledger();
  fleet.onJob((report) => {
    if (report.bucket === fleet.sourceBucket) ledger.record(report);
  });
  let failed: readonly Unreadable[] = [];
  let elapsedMs = 0;
  {
    using _progress = showProgress(screen, async () => ({
      done: ledger.done,
      total: sources.length - failed.length,
      rejected: ledger.rejected,
      elapsedMs: performance.now() - began,
      lanes: await lanes(fleet),
    }));
    failed = await uploadAll(sources, fleet, ledger, signal);
    await untilIdle(fleet, signal);
    if (!signal.aborted) await ledger.complete(LINES_MS);
    elapsedMs = performance.now() - began;
  }
  const letters = await fleet.deadLetters();
  const renditions = await renditionsOf(fleet, ledger);
  const run = mergeResults({
    sources: ledger.sources,
    report: (key) => ledger.report(key),
    letters,
    renditions: (key) => renditions.get(key) ?? [],
    startedAt,
    seconds: Math.round(elapsedMs) / 1000,
  });
  return { run, failed };
}

async function lanes(fleet: Fleet): Promise<FleetStatus["lanes"]> {
  return (await fleet.status()).lanes;
}

async function untilIdle(fleet: Fleet, signal: AbortSignal): Promise<void> {
  try {
    await fleet.idle(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function renditionsOf(
  fleet: Fleet,
  ledger: Ledger,
): Promise<ReadonlyMap<string, readonly StoredRendition[]>> {
  const made = new Map<string, readonly StoredRendition[]>();
  for (const { key } of ledger.sources) {
    const report = ledger.report(key);
    if (report && hasRenditions(report.outcome)) made.set(key, await fleet.renditions(key));
  }
  return made;
}
