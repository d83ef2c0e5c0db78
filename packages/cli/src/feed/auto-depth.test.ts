import { expect, test } from "vitest";
import { AutoDepth, wholeBatches } from "./auto-depth.ts";
import { autoDepth } from "./depth.ts";
import { ModelFleet, type ModelOptions } from "./fixtures/model-fleet.ts";

/** The fleet of `npm start` on two CPUs: two functions, and a batch window of 250 ms. */
const LAPTOP = { functions: 2, windowMs: 250, cpus: 2, renders: 2 };
const UPLOAD_EVERY_MS = 1_377;
const SECONDS = 120;

interface Feeding {
  readonly lookMs: number;
  /** How many more messages may be sent. */
  readonly free: (fleet: ModelFleet) => number;
}

const quietly = (): Feeding => {
  const depth = new AutoDepth();
  const free = ({ counts, now }: ModelFleet) => {
    depth.look(counts, now);
    return depth.most - counts.waiting - counts.inFlight;
  };
  return { lookMs: 50, free };
};

/** The rule for Lambda. */
const byRate = (): Feeding => {
  let depth = 10;
  let there = 0;
  const free = ({ counts: { waiting } }: ModelFleet) => {
    depth = autoDepth(there - waiting, 0.25, depth);
    const most = wholeBatches(depth);
    there = Math.max(most, waiting);
    return most - waiting;
  };
  return { lookMs: 250, free };
};

function p95(options: ModelOptions, feeding: Feeding) {
  const fleet = new ModelFleet(options);
  let [nextUpload, nextLook] = [5_000, 0];
  while (fleet.now < SECONDS * 1000) {
    fleet.step();
    if (fleet.now >= nextLook) {
      fleet.feed(Math.max(0, feeding.free(fleet)));
      nextLook = fleet.now + feeding.lookMs;
    }
    if (fleet.now < nextUpload) continue;
    fleet.upload();
    nextUpload += UPLOAD_EVERY_MS;
  }
  const sorted = fleet.uploads.toSorted((a, b) => a - b);
  return {
    p95: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    perSecond: fleet.done / SECONDS,
  };
}

const nothing = { lookMs: 250, free: () => 0 };
const all = { lookMs: 250, free: ({ counts }: ModelFleet) => 200 - counts.waiting };

test.each([45, 300])(
  "on a laptop, a backfill delays uploads of %i ms by less than a factor of two at 75 % of the full rate",
  (jobMs) => {
    const fleet = { ...LAPTOP, jobMs };
    const idle = p95(fleet, nothing);
    const fed = p95(fleet, quietly());
    const flooded = p95(fleet, all);
    expect(fed.p95).toBeLessThan(idle.p95 * 2);
    expect(flooded.p95).toBeGreaterThan(idle.p95 * 10);
    expect(fed.perSecond).toBeGreaterThan(flooded.perSecond * 0.75);
    // The rule for Lambda delays them more.
    expect(p95(fleet, byRate()).p95).toBeGreaterThan(idle.p95 * 3);
  },
);

test("on Lambda, a backfill delays uploads by less than a factor of three at 95 % of the full rate", () => {
  const fleet = { functions: 20, windowMs: 1_000, jobMs: 600, cpus: 40, renders: 2 };
  const idle = p95(fleet, nothing);
  const fed = p95(fleet, byRate());
  expect(fed.p95).toBeLessThan(idle.p95 * 3);
  expect(fed.perSecond).toBeGreaterThan(p95(fleet, all).perSecond * 0.95);
});
