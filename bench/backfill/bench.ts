import type { Fleet } from "@imagefleet/local/fleet";
import { rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import { startFeeding } from "./feeding.ts";
import { BAR, figuresOf, PHASES } from "./figures.ts";
import { openHarness } from "./harness.ts";
import { uploadSteadily } from "./uploads.ts";

/** Longer than the latency of an upload on an idle fleet, ms. */
const EVERY_MS = 600;

const WHAT = {
  idle: "an idle fleet",
  controlled: "during reprocess",
  flooded: "during reprocess --max-depth 0",
} as const;

/**
 * The latency of uploads during a backfill: `imagefleet reprocess` of a bucket runs in a process of its
 * own, while images are uploaded to the fleet of `npm start`.
 */
export const backfill = defineBench<{ sources: number; uploads: number }>(
  "backfill",
  async ({ sources, uploads }, { say, signal }) => {
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
    const controlledRate = done.rate();
    const controlled = await measure("controlled", uploads);
    const perSecond = { controlled: rounded(controlledRate()), flooded: 0 };
    if (!gentle.isRunning()) {
      throw new Error("the backfill ended before the uploads: increase --sources");
    }
    await gentle.stop();

    // Half of them come after the first backfill, so that a slower machine affects both.
    say(`${uploads - half} uploads to an idle fleet …`);
    const after = await measure("after", uploads - half);

    say(`${uploads} uploads during a backfill without depth control …`);
    const flood = await startFeeding(harness, "0");
    await flood.done;
    const floodedRate = done.rate();
    const flooded = await measure("flooded", uploads);
    perSecond.flooded = rounded(floodedRate());
    signal.throwIfAborted();

    const phases = figuresOf({ idle: [...before, ...after], controlled, flooded });
    return {
      title: `backfill: ${uploads} uploads in each phase, ${sources} sources that are reprocessed`,
      tables: (was) => [
        {
          columns: [
            "time until renditions exist",
            "p50 ms",
            "p95 ms",
            "/ idle",
            "baseline",
            "jobs/s",
          ],
          rows: PHASES.map((phase) => [
            WHAT[phase],
            phases[phase].p50.toFixed(0),
            phases[phase].p95.toFixed(0),
            phases[phase].ratio.toFixed(2),
            was(`${phase} / idle`, 2),
            phase === "idle" ? "" : perSecond[phase].toFixed(1),
          ]),
        },
      ],
      bars: [
        { what: "p95 with depth control / idle", is: phases.controlled.ratio, most: BAR },
        // Otherwise the backfill did not load the fleet.
        { what: "p95 without depth control / idle", is: phases.flooded.ratio, least: BAR },
      ],
      ratios: { "controlled / idle, p95": phases.controlled.ratio },
      figures: {
        "idle / idle": 1,
        "controlled / idle": phases.controlled.ratio,
        "flooded / idle": phases.flooded.ratio,
        "idle p95 ms": phases.idle.p95,
        "controlled p95 ms": phases.controlled.p95,
        "flooded p95 ms": phases.flooded.p95,
        "controlled fed a second": perSecond.controlled,
        "flooded fed a second": perSecond.flooded,
      },
      setup: `${sources} sources, ${uploads} uploads`,
      result: { sources, uploads, phases, perSecond },
    };
  },
);

/** Counts the jobs of the backfill. */
function doneOf(fleet: Fleet) {
  let done = 0;
  fleet.onJob(({ key }) => {
    if (key?.startsWith("old/")) done++;
  });
  return {
    /** @returns a function that returns the jobs per second since this call */
    rate() {
      const [from, since] = [done, performance.now()];
      return () => ((done - from) / (performance.now() - since)) * 1000;
    },
  };
}
