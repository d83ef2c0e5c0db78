import { expect, it } from "vitest";
import { LoopHealth } from "./loop-health.ts";

const WAIT_MS = 20_000;
const MINUTE = 60_000;

it("is ready after its queue answered, until a receive fails or the loop ends", () => {
  const loopHealth = new LoopHealth("large", WAIT_MS);
  const seen = [loopHealth.ready];
  for (const step of ["asks", "answered", "failed", "answered", "end"] as const) {
    loopHealth[step]();
    seen.push(loopHealth.ready);
  }
  expect(seen).toEqual([false, false, true, false, true, false]);
});

it("is not healthy when a receive has no answer long after its wait", () => {
  const loopHealth = new LoopHealth("large", WAIT_MS);
  loopHealth.asks();
  const now = performance.now();
  expect(loopHealth.fault(now + WAIT_MS + MINUTE)).toBeUndefined();
  expect(loopHealth.fault(now + WAIT_MS + 2 * MINUTE)).toBe(
    "a receive of the large lane has had no answer for 140 s",
  );
  loopHealth.failed();
  expect(loopHealth.fault(now + 60 * MINUTE)).toBeUndefined();
});

it("is not healthy when a job goes on long after its lease ended", () => {
  const loopHealth = new LoopHealth("small", WAIT_MS);
  const lease = { endsAt: 1000 };
  const release = loopHealth.holds(lease);
  expect(loopHealth.fault(5000)).toBeUndefined();
  expect(loopHealth.fault(MINUTE)).toBe("a lease of the small lane has ended and its job goes on");
  lease.endsAt = 2 * MINUTE;
  expect(loopHealth.fault(MINUTE)).toBeUndefined();
  release();
  expect(loopHealth.fault(60 * MINUTE)).toBeUndefined();
});
