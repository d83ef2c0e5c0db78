import { expect, it } from "vitest";
import { Pulse } from "./pulse.ts";

const WAIT_MS = 20_000;
const MINUTE = 60_000;

it("is ready once its queue answered, and until a receive fails or it ends", () => {
  const pulse = new Pulse("large", WAIT_MS);
  const seen = [pulse.ready];
  for (const step of ["asks", "answered", "failed", "answered", "end"] as const) {
    pulse[step]();
    seen.push(pulse.ready);
  }
  expect(seen).toEqual([false, false, true, false, true, false]);
});

it("is not well when a receive is not answered long after its wait", () => {
  const pulse = new Pulse("large", WAIT_MS);
  pulse.asks();
  const now = performance.now();
  expect(pulse.fault(now + WAIT_MS + MINUTE)).toBeUndefined();
  expect(pulse.fault(now + WAIT_MS + 2 * MINUTE)).toBe(
    "the large lane's receive has had no answer for 140 s",
  );
  pulse.failed();
  expect(pulse.fault(now + 60 * MINUTE)).toBeUndefined();
});

it("is not well when a job goes on though its lease is long over", () => {
  const pulse = new Pulse("small", WAIT_MS);
  const lease = { endsAt: 1000 };
  const release = pulse.holds(lease);
  expect(pulse.fault(5000)).toBeUndefined();
  expect(pulse.fault(MINUTE)).toBe("a lease of the small lane is over and its job goes on");
  lease.endsAt = 2 * MINUTE;
  expect(pulse.fault(MINUTE)).toBeUndefined();
  release();
  expect(pulse.fault(60 * MINUTE)).toBeUndefined();
});
