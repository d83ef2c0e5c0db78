import { expect, it } from "vitest";
import { figuresOf, p95 } from "./figures.ts";

const to = (most: number) => Array.from({ length: most }, (_unused, n) => most - n);

it("compares the p95 with that of an idle fleet", () => {
  const figures = figuresOf({ idle: to(20), controlled: to(40), flooded: to(100) });
  expect(figures.controlled).toEqual({ p50: 20.5, p95: 38, ratio: 2 });
  expect(figures.flooded).toEqual({ p50: 50.5, p95: 95, ratio: 5 });
  expect(figures.idle.ratio).toBe(1);
});

it("computes the p95", () => {
  expect(p95(to(50))).toBe(48);
  expect(p95([7])).toBe(7);
  expect(() => p95([])).toThrow(RangeError);
});
