import type { Sample } from "@imagefleet/core/tuning";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TUNED_FORMATS, type TunedFormat } from "../../tuning/setting.ts";
import { Search } from "./search.ts";

/** Runs a search where each quality has one score. @returns the rounds and the qualities measured */
function searchBy(
  scoreOf: (quality: number) => number,
  target: number,
  format: TunedFormat = "webp",
) {
  const search = new Search({ format }, target);
  const asked: number[] = [];
  for (let round = search.next(); round.length > 0; round = search.next()) {
    for (const quality of round) {
      asked.push(quality);
      const sample: Sample = { score: scoreOf(quality), bytes: quality * 100, cpuMs: 5 };
      search.add(quality, [sample, sample]);
    }
  }
  return { search, asked };
}

/** Scores as encoders have them: rising, less and less steeply. */
const rising = fc
  .record({
    at50: fc.double({ min: -20, max: 80, noNaN: true }),
    bend: fc.double({ min: 0.3, max: 1, noNaN: true }),
  })
  .map(
    ({ at50, bend }) =>
      (quality: number) =>
        at50 +
        (98 - at50) *
          (((quality - 50) / 50) * bend +
            (1 - bend) * Math.sign(quality - 50) * Math.sqrt(Math.abs(quality - 50) / 50)),
  );

describe("a search", () => {
  it("ends at the lowest quality that reaches the target, where one does", () => {
    fc.assert(
      fc.property(
        rising,
        fc.integer({ min: 40, max: 95 }),
        fc.constantFrom(...TUNED_FORMATS),
        (scoreOf, target, format) => {
          const { search, asked } = searchBy(scoreOf, target, format);
          expect(asked.length).toBeLessThanOrEqual(8);
          expect(new Set(asked).size).toBe(asked.length);
          expect(
            asked.every((quality) => Number.isInteger(quality) && quality >= 1 && quality <= 100),
          ).toBe(true);
          const lowest = Array.from({ length: 100 }, (_, at) => at + 1).find(
            (quality) => scoreOf(quality) >= target,
          );
          const found = search.result?.quality;
          // It is interpolated: two steps of quality are less than a point of the score.
          if (lowest !== undefined && found !== undefined)
            expect(Math.abs(found - lowest)).toBeLessThanOrEqual(3);
          if (lowest === undefined) expect(found ?? 100).toBeGreaterThanOrEqual(98);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("needs two qualities where the first ones are around the target", () => {
    const { asked, search } = searchBy((quality) => quality - 5, 80);
    expect(asked).toEqual([81, 89]);
    expect(search.result).toMatchObject({
      quality: 85,
      score: 80,
      bytes: expect.closeTo(8490, -2),
    });
  });

  it("has no result where no quality reaches the target", () => {
    const { search, asked } = searchBy((quality) => quality / 2, 80);
    expect(asked.at(-1)).toBe(100);
    expect(search.result).toBeUndefined();
  });

  it("ends at quality 1 where everything is above the target", () => {
    const { search, asked } = searchBy(() => 99, 80);
    expect(Math.min(...asked)).toBeLessThan(10);
    expect(search.result?.quality ?? 1).toBeLessThan(10);
  });
});
