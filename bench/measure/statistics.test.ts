import { expect, it } from "vitest";
import { median, rounded, spread } from "./statistics.ts";

it("the median is the value in the middle, or the mean of two", () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([10, 9, 1, 2])).toBe(5.5);
  expect(() => median([])).toThrow(RangeError);
});

it("the spread contains least and most", () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
});

it("rounded keeps three decimals", () => {
  expect(rounded(1.23456)).toBe(1.235);
});
