import { expect, test } from "vitest";
import { Depth } from "./depth.ts";

const never = new AbortController().signal;

test("lets in what there is room for, and looks again before more", async () => {
  let waiting = 3;
  let looks = 0;
  const depth = new Depth(10, async () => {
    looks++;
    return waiting;
  });
  expect(await depth.take(5, never)).toBe(true);
  expect(await depth.take(2, never)).toBe(true);
  expect(looks).toBe(1);
  const third = depth.take(10, never);
  waiting = 0;
  expect(await third).toBe(true);
  expect(looks).toBe(2);
});

test("an abort ends the waiting", async () => {
  const stop = new AbortController();
  const depth = new Depth(10, async () => {
    stop.abort();
    return 10;
  });
  expect(await depth.take(1, stop.signal)).toBe(false);
});
