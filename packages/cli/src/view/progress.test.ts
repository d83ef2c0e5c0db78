import { describe, expect, test } from "vitest";
import { foundText, progressLine, progressLines } from "./progress.ts";

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

  test("promises no end while there is too little to tell, or nothing happens", () => {
    expect(progressLine({ ...STATE, done: 1 })).toContain("0.1 images/s, 2 rejected");
    expect(progressLine({ ...STATE, quietMs: 12_000 })).toContain(
      "nothing new for 12 s (what a process that died had in flight: it comes back within about 40 s)",
    );
  });

  test("is a bar and the lanes on a terminal", () => {
    const [bar, lanes] = progressLines({ ...STATE, done: 30 }, (_style, text) => text);
    expect(bar).toMatch(/^█{14}░{14} {2}30 of 60 /);
    expect(lanes).toContain("large lane: 0 waiting, 1 in flight");
  });
});

test("what was passed over is counted and said", () => {
  const nothing = { others: 0, hidden: 0, specials: 0, out: 0, outputs: 0 };
  const source = { key: "a.jpg", file: "/a.jpg", bytes: 1 };
  const sources = [source, source];
  expect(foundText({ sources: [source], skipped: nothing, outside: 0 })).toBe("1 picture");
  expect(foundText({ sources, skipped: { ...nothing, others: 1, hidden: 2 }, outside: 1 })).toBe(
    "2 pictures; skipped 1 file not named like an image and 2 hidden; followed 1 link out of the folder",
  );
  const all = { others: 0, hidden: 1, specials: 2, out: 1, outputs: 1 };
  expect(foundText({ sources, skipped: all, outside: 0 })).toBe(
    "2 pictures; skipped 1 hidden, 2 pipes, sockets and devices, the --out folder within and 1 folder of renditions",
  );
});
