import { expect, it } from "vitest";
import type { Baseline } from "./baseline.ts";
import { describeMachine } from "./measure/machine.ts";
import { comparison, isMet, type Report, reportLines } from "./runner.ts";

const earlier: Baseline = {
  bench: "resize",
  ratios: { a: 1 },
  figures: { "cpu ours": 12.34 },
  machine: {},
  setup: "s",
  at: "2026-01-01T00:00:00.000Z",
};

const report: Report = {
  title: "resize: a bench",
  tables: (was) => [
    {
      columns: ["CPU ms", "now", "baseline"],
      rows: [
        ["ours", "9.0", was("cpu ours")],
        ["the others", "100.0", was("cpu others")],
      ],
    },
  ],
  bars: [
    { what: "ours / others", is: 0.09, most: 1 },
    { what: "speedup", is: 1.5, least: 2 },
    { what: "peak", is: 201, most: 200, unit: " MiB" },
  ],
  ratios: {},
  figures: {},
  setup: "s",
  result: {},
};

it("prints the tables beside the figures of the baseline, and a line for each bar", () => {
  const lines = reportLines(report, describeMachine(), earlier, false);
  expect([lines[0], ...lines.slice(2)]).toEqual([
    "resize: a bench",
    "",
    "CPU ms        now  baseline",
    "ours          9.0      12.3",
    "the others  100.0         –",
    "",
    "ours / others = 0.090; bar <= 1: met",
    "speedup = 1.500; bar >= 2: NOT met",
    "peak = 201 MiB; bar <= 200 MiB: NOT met",
  ]);
  expect(reportLines(report, describeMachine(), undefined, true)).toContain("| ours | 9.0 | – |");
});

it("takes a figure at its bar as met", () => {
  expect([1, 1.001].map((is) => isMet({ what: "", is, most: 1 }))).toEqual([true, false]);
  expect([1, 0.999].map((is) => isMet({ what: "", is, least: 1 }))).toEqual([true, false]);
});

it("prints why there is no verdict", () => {
  expect(comparison(undefined, [])).toContain("--save");
  expect(comparison(earlier, [])).toContain("another setup");
});

it("prints the ratio of the baseline and of this run", () => {
  const verdicts = [{ ratio: "a", was: 1, is: 0.5, verdict: "better" }] as const;
  expect(comparison(earlier, verdicts)).toBe("a: better (baseline 1.000, now 0.500)");
});
