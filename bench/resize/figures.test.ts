import { expect, it } from "vitest";
import { figuresOf } from "./figures.ts";

const rounds = (more: Record<string, number[]> = {}) =>
  new Map(
    Object.entries({
      ours: [10, 20, 10],
      idiom: [30, 60, 30],
      clone: [22, 44, 22],
      ipx: [40, 80, 40],
      decodeFloor: [6, 12, 6],
      decodeEighth: [3, 6, 3],
      decodeEnough: [7, 14, 7],
      encodes: [2, 4, 2],
      ...more,
    }),
  );

it("compares within a round: one that was slow for all sides changes nothing", () => {
  expect(figuresOf(12, rounds())).toMatchObject({
    floorRatio: 1.25,
    eighthRatio: 2,
    reachableRatio: 1.111,
    idiomSpeedup: 2.2,
    ipxSpeedup: 4,
    cpuMs: { ours: 10, floor: 8, eighth: 5, reachable: 9 },
    missed: ["floorRatio"],
  });
});

it("has a lower bar for 2 megapixels, and none for what was not measured", () => {
  expect(figuresOf(2, rounds()).missed).toEqual([]);
  expect(figuresOf(12, rounds())).not.toHaveProperty("pillowSpeedup");
});

it("names what was missed", () => {
  const slow = { pillow: [30, 60, 30], idiom: [14, 28, 14] };
  expect(figuresOf(48, rounds(slow)).missed).toEqual([
    "floorRatio",
    "idiomSpeedup",
    "pillowSpeedup",
  ]);
  expect(figuresOf(2, rounds(slow)).missed).toEqual(["idiomSpeedup"]);
});
