import type { Fleet, FleetStatus, StoredRendition } from "@imagefleet/local/fleet";
import type { SourceFile } from "../../files/input/collect.ts";
import { many } from "../../terminal/format.ts";
import { RECEIVED_AGAIN, showProgress } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { JobTracker } from "./job-tracker.ts";
import { hasRenditions, mergeResults, type RunResults } from "./results.ts";
import { type NotUploaded, uploadAll } from "./upload.ts";

/** The queues can be empty shortly before the last log line of a process is read; ms. */
const LINES_MS = 2_000;

/**
 * Uploads sources, shows the progress, and waits until the fleet has processed them. After an abort it
 * waits only for the jobs in flight.
 */
export async function runUploads(
  fleet: Fleet,
  sources: readonly SourceFile[],
  screen: Screen,
  signal: AbortSignal,
): Promise<{ run: RunResults; notUploaded: NotUploaded; queued: number }> {
  reportOlder(fleet.older, screen);
  const startedAt = Date.now();
  const began = performance.now();
  const jobTracker = new JobTracker();
  fleet.onJob((report) => {
    if (report.bucket === fleet.sourceBucket) jobTracker.record(report);
  });
  let notUploaded: NotUploaded = { failed: [], left: [] };
  let elapsedMs = 0;
  {
    using _progress = showProgress(screen, async () => ({
      done: jobTracker.done,
      total: sources.length - notUploaded.failed.length,
      rejected: jobTracker.rejected,
      elapsedMs: performance.now() - began,
      lanes: await lanes(fleet),
    }));
    notUploaded = await uploadAll(sources, fleet, jobTracker, signal);
    await untilIdle(fleet, signal);
    // The queues are counted when all jobs in flight have ended.
    if (signal.aborted) await fleet.drain();
    else await jobTracker.complete(LINES_MS);
    elapsedMs = performance.now() - began;
  }
  const queued = total(await lanes(fleet));
  const deadLetters = await fleet.deadLetters();
  const renditions = await renditionsOf(fleet, jobTracker);
  const run = mergeResults({
    sources: jobTracker.sources,
    report: (key) => jobTracker.report(key),
    deadLetters,
    renditions: (key) => renditions.get(key) ?? [],
    startedAt,
    seconds: Math.round(elapsedMs) / 1000,
  });
  return { run, notUploaded, queued };
}

/** The run also processes, and waits for, the messages of an earlier run. */
function reportOlder(lanes: FleetStatus["lanes"], screen: Screen): void {
  const older = total(lanes);
  if (older === 0) return;
  screen.note(`${many(older, "message")} of earlier uploads in the queues: processed as well`);
  const held = lanes.small.inFlight + lanes.large.inFlight;
  if (held > 0)
    screen.note(
      `${held} of them are in flight at a process that has exited: each is ${RECEIVED_AGAIN}`,
    );
}

function total({ small, large }: FleetStatus["lanes"]): number {
  return small.waiting + small.inFlight + large.waiting + large.inFlight;
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
  jobTracker: JobTracker,
): Promise<ReadonlyMap<string, readonly StoredRendition[]>> {
  const made = new Map<string, readonly StoredRendition[]>();
  for (const { key } of jobTracker.sources) {
    const report = jobTracker.report(key);
    if (report && hasRenditions(report.outcome)) made.set(key, await fleet.renditions(key));
  }
  return made;
}
