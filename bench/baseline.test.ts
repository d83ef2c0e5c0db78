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

it("judges ratios alone, less being better and a little being nothing", () => {
  const is = { ratios: { a: 0.97, b: 1.015, c: 1.03, new: 5 } };
  expect(compare(was, is).map(({ ratio, verdict }) => [ratio, verdict])).toEqual([
    ["a", "better"],
    ["b", "same"],
    ["c", "worse"],
  ]);
});

it("knows of no baseline where none was saved", async () => {
  expect(await readBaseline("never-saved")).toBeUndefined();
});

it("reads the baseline that is kept for the fleet", async () => {
  expect(await readBaseline("fleet")).toMatchObject({ bench: "fleet" });
});
