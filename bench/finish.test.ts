import { expect, it } from "vitest";
import type { Baseline } from "./baseline.ts";
import { comparison } from "./finish.ts";

const earlier: Baseline = {
  bench: "ladder",
  ratios: { a: 1 },
  figures: {},
  machine: {},
  setup: "s",
  at: "2026-01-01T00:00:00.000Z",
};

it("says why there is no verdict", () => {
  expect(comparison(undefined, [])).toContain("--save");
  expect(comparison(earlier, [])).toContain("another setup");
});

it("tells was from is", () => {
  const verdicts = [{ ratio: "a", was: 1, is: 0.5, verdict: "better" }] as const;
  expect(comparison(earlier, verdicts)).toBe("a: better (baseline 1.000, now 0.500)");
});
