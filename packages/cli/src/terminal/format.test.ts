import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costSoFar, formatBytes, formatMs, many } from "./format.ts";

describe("numbers as text", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [12_345, "12.3 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [20 * 1024 * 1024, "21.0 MB"],
    [3_600_000_000, "3.60 GB"],
  ])("%i bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test("bytes never take more than seven columns, up to a petabyte", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999e12 }), (bytes) => {
        expect(formatBytes(bytes).length).toBeLessThanOrEqual(7);
      }),
    );
  });

  test.each([
    [0, "0 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1834, "1.83 s"],
    [12_345, "12.3 s"],
    [59_960, "1 min 0 s"],
    [125_000, "2 min 5 s"],
  ])("%d ms are %s", (ms, text) => expect(formatMs(ms)).toBe(text));

  test.each([
    [0, "$0.00 so far"],
    [0.0099, "less than $0.01 so far"],
    [0.12, "$0.12 so far"],
    [1234.5, "$1,235 so far"],
  ])("%d USD are %s", (amount, text) => {
    expect(costSoFar(amount, false)).toBe(text);
    expect(costSoFar(amount, true)).toBe(`${text} at AWS's prices`);
  });

  test("a count of one is singular", () => {
    expect([many(1, "source"), many(0, "source")]).toEqual(["1 source", "0 sources"]);
  });
});
