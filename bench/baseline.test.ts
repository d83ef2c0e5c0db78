import { expect, it } from "vitest";
import { type Baseline, compare, readBaseline } from "./baseline.ts";

const was: Baseline = {
  bench: "fleet",
  ratios: { a: 1, b: 1, c: 1, gone: 1 },
  figures: { "cpu codec": 200 },
  machine: {},
  setup: "s",
  at: "2026-01-01T00:00:00.000Z",
};

it("compares only ratios; less is better, and a small change counts as none", () => {
  const is = { ratios: { a: 0.97, b: 1.015, c: 1.03, new: 5 } };
  expect(compare(was, is).map(({ ratio, verdict }) => [ratio, verdict])).toEqual([
    ["a", "better"],
    ["b", "same"],
    ["c", "worse"],
  ]);
});

it("finds no baseline before one is saved", async () => {
  expect(await readBaseline("never-saved")).toBeUndefined();
});

it("reads the saved baseline of the fleet", async () => {
  expect(await readBaseline("fleet")).toMatchObject({ bench: "fleet" });
});
