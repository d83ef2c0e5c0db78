import type { Fleet } from "@imagefleet/local/fleet";
import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import { rounded } from "../measure/statistics.ts";
import { startFeeding } from "./feeding.ts";
import { BAR, figuresOf } from "./figures.ts";
import { openHarness } from "./harness.ts";
import { type BackfillResult, backfillBaseline, backfillTable } from "./report.ts";
import { uploadSteadily } from "./uploads.ts";

/** Longer than an upload takes on an idle fleet, ms. */
const EVERY_MS = 600;

export interface BackfillBenchOptions extends BenchOptions {
  readonly sources: number;
  readonly uploads: number;
}

/**
 * What an upload feels of a backfill: `imagefleet reprocess` over a bucket, in a process of its own,
 * while pictures are uploaded to the fleet that `npm start` runs.
 */
export async function backfillBench(options: BackfillBenchOptions): Promise<void> {
  const { sources, uploads, say, signal } = options;
  const machine = describeMachine();
  await using harness = await openHarness(sources, say);
  const { fleet, picture } = harness;
  const done = doneOf(fleet);
  const measure = (prefix: string, count: number) =>
    uploadSteadily(fleet, picture, { prefix, count, everyMs: EVERY_MS, signal });
  const half = Math.ceil(uploads / 2);

  await measure("warm-up", 10);
  say(`${half} uploads to an idle fleet …`);
  const before = await measure("before", half);

  say(`${uploads} uploads during a backfill …`);
  const gentle = await startFeeding(harness, "auto");
  const gently = done.rate();
  const controlled = await measure("controlled", uploads);
  const controlledRate = gently();
  if (!gentle.isRunning()) throw new Error("the backfill ended first: --sources more");
  await gentle.stop();

  // Half of them after the first backfill: a machine that has become slower meets both.
  say(`${uploads - half} uploads to an idle fleet …`);
  const after = await measure("after", uploads - half);

  say(`${uploads} uploads during a backfill without depth control …`);
  const flood = await startFeeding(harness, "0");
  await flood.done;
  const freely = done.rate();
  const flooded = await measure("flooded", uploads);
  const floodedRate = freely();
  signal.throwIfAborted();

  const phases = figuresOf({ idle: [...before, ...after], controlled, flooded });
  const result: BackfillResult = {
    bench: "backfill",
    sources,
    uploads,
    phases,
    perSecond: { controlled: rounded(controlledRate), flooded: rounded(floodedRate) },
    bar: BAR,
    met: phases.controlled.ratio <= BAR && phases.flooded.ratio > BAR,
    machine,
  };
  await finish(
    {
      result,
      baseline: backfillBaseline(result, `${sources} sources, ${uploads} uploads`),
      table: (earlier) => backfillTable(result, earlier),
    },
    options,
  );
}

/** Counts the backfill's jobs. */
function doneOf(fleet: Fleet) {
  let done = 0;
  fleet.onJob(({ key }) => {
    if (key?.startsWith("old/")) done++;
  });
  return {
    /** @returns gives the jobs a second since this call */
    rate() {
      const [from, since] = [done, performance.now()];
      return () => ((done - from) / (performance.now() - since)) * 1000;
    },
  };
}
