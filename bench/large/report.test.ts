import { expect, it } from "vitest";
import { largeRow } from "./report.ts";

const run = {
  width: 10,
  height: 10,
  bytes: 1,
  pages: 1,
  lane: "large",
  strategy: "cascade",
  renditions: 6,
  wallMs: 1,
  cpuMs: 1,
  restBytes: 100,
  peakBytes: 300,
  predictedBytes: 180,
} as const;

it("holds the prediction against what the process grew by, not against all of it", () => {
  expect(largeRow("a", run).prediction).toBe(0.9);
});
