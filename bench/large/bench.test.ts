import { expect, it } from "vitest";
import { predictionOf } from "./bench.ts";

it("compares the prediction with the growth of the process, not with its whole size", () => {
  const run = { restBytes: 100, peakBytes: 300, predictedBytes: 180 };
  expect(predictionOf(run)).toBe(0.9);
});
