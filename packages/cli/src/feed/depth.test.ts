import { expect, test } from "vitest";
import { autoDepth, Depth } from "./depth.ts";

const never = new AbortController().signal;

test("takes as many as the limit allows, and reads the counts again before more", async () => {
  let waiting = 3;
  let reads = 0;
  const depth = new Depth(
    10,
    async () => {
      reads++;
      return { waiting, inFlight: 50 };
    },
    "fixed",
  );
  expect(await depth.take(5, never)).toBe(true);
  expect(await depth.take(2, never)).toBe(true);
  expect(reads).toBe(1);
  waiting = 0;
  expect(await depth.take(10, never)).toBe(true);
  expect(reads).toBe(2);
});

test("an abort ends the wait", async () => {
  const stop = new AbortController();
  const depth = new Depth(
    10,
    async () => {
      stop.abort();
      return { waiting: 10, inFlight: 0 };
    },
    "scaling",
  );
  expect(await depth.take(1, stop.signal)).toBe(false);
});

test("the automatic depth for Lambda approaches what the fleet receives in half a second", () => {
  const settled = (perSecond: number) => {
    let depth = 10;
    // A fleet receives what waits, up to its rate.
    for (let read = 0; read < 60; read++) {
      depth = autoDepth(Math.min(depth, perSecond * 0.25), 0.25, depth);
    }
    return depth;
  };
  expect(settled(4)).toBe(10);
  expect(settled(100)).toBeGreaterThanOrEqual(48);
  expect(settled(100)).toBeLessThanOrEqual(52);
  expect(settled(1e6)).toBe(1_000);
  expect(autoDepth(-5, 1, 200)).toBe(100);
});
