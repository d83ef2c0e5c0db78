import { describe, expect, test } from "vitest";
import { progressLine, progressLines } from "./progress.ts";

const LANES = {
  small: { waiting: 7, inFlight: 10 },
  large: { waiting: 0, inFlight: 1 },
};
const STATE = { done: 20, total: 60, rejected: 2, elapsedMs: 10_000, quietMs: 0, lanes: LANES };

describe("progress", () => {
  test("is one plain line in a log", () => {
    expect(progressLine(STATE)).toBe(
      "20 of 60 done, 2.0 images/s, about 20 s left, 2 rejected, small lane: 7 waiting, 10 in flight · large lane: 0 waiting, 1 in flight",
    );
  });

  test("forecasts no end after too little progress or none", () => {
    expect(progressLine({ ...STATE, done: 1 })).toContain("0.1 images/s, 2 rejected");
    expect(progressLine({ ...STATE, quietMs: 12_000 })).toContain(
      "no progress for 12 s (if a process has exited, its messages are received again within about 40 s)",
    );
  });

  test("is a start until the first job has ended, which takes longer", () => {
    const { lanes: _lanes, ...rest } = STATE;
    const state = { ...rest, done: 0, rejected: 0 };
    expect(progressLine({ ...state, quietMs: 12_000 })).toBe("0 of 60 done, starting");
    expect(progressLine({ ...state, quietMs: 21_000 })).toBe(
      "0 of 60 done, 0.0 images/s, no progress for 21 s",
    );
  });

  test("shows a bar and the lanes on a terminal", () => {
    const [bar, lanes] = progressLines({ ...STATE, done: 30 }, (_style, text) => text);
    expect(bar).toMatch(/^█{14}░{14} {2}30 of 60 /);
    expect(lanes).toContain("large lane: 0 waiting, 1 in flight");
  });
});
