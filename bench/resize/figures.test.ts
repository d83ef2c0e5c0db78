import { expect, it } from "vitest";
import { isMet } from "../runner.ts";
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

const missed = (megapixels: number, more?: Record<string, number[]>) =>
  figuresOf(megapixels, rounds(more))
    .bars.filter((bar) => !isMet(bar))
    .map(({ what }) => what);

it("compares within a round, so that a round that is slow for all changes nothing", () => {
  expect(figuresOf(12, rounds())).toMatchObject({
    floorRatio: 1.25,
    eighthRatio: 2,
    reachableRatio: 1.111,
    idiomSpeedup: 2.2,
    ipxSpeedup: 4,
    cpuMs: { ours: 10, floor: 8, eighth: 5, reachable: 9 },
  });
  expect(missed(12)).toEqual(["floorRatio at 12 MP"]);
});

it("has a lower bar for 2 megapixels, and none for a program that was not measured", () => {
  expect(missed(2)).toEqual([]);
  expect(figuresOf(12, rounds())).not.toHaveProperty("pillowSpeedup");
  expect(figuresOf(12, rounds()).bars.map(({ what }) => what)).toEqual([
    "floorRatio at 12 MP",
    "idiomSpeedup at 12 MP",
  ]);
});

it("names the bars that are missed", () => {
  const slow = { pillow: [30, 60, 30], idiom: [14, 28, 14] };
  expect(missed(48, slow)).toEqual([
    "floorRatio at 48 MP",
    "idiomSpeedup at 48 MP",
    "pillowSpeedup at 48 MP",
  ]);
  expect(missed(2, slow)).toEqual(["idiomSpeedup at 2 MP"]);
});
