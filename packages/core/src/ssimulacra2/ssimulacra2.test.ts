import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PATTERNS, PHOTOGRAPHS, UNIFORM, uniform } from "./pairs.fixture.ts";
import { type RgbImage, Ssimulacra2 } from "./ssimulacra2.ts";

const between = (original: RgbImage, distorted: RgbImage) =>
  new Ssimulacra2(original).score(distorted);
const off = (a: number, b: number) => Math.abs(a - b);

describe("the scores of the C++ implementation", () => {
  it.each(PATTERNS)("$name", ({ original, distorted, score, hashes }) => {
    const found = [original, distorted].map(({ data }) =>
      createHash("sha256").update(data).digest("hex").slice(0, 8),
    );
    expect(found).toEqual(hashes);
    expect(off(between(original, distorted), score)).toBeLessThan(0.005);
  });

  it.each(UNIFORM)("gray of $side px and one that is $added brighter", ({ side, added, score }) => {
    expect(off(between(uniform(side, 128), uniform(side, 128 + added)), score)).toBeLessThan(
      0.0001,
    );
  });

  it.each(PHOTOGRAPHS.map((pair, n) => ({ n, ...pair })))("photograph $n", (pair) => {
    expect(off(between(pair.original, pair.distorted), pair.score)).toBeLessThan(0.05);
  });
});

const image = fc
  .record({ width: fc.integer({ min: 8, max: 40 }), height: fc.integer({ min: 8, max: 40 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RgbImage => ({ data, width, height })),
  );

it("is 100 for identical images, and less for any other", () => {
  fc.assert(
    fc.property(image, fc.nat(), fc.integer({ min: 40, max: 200 }), (one, at, change) => {
      const original = new Ssimulacra2(one);
      expect(original.score(one)).toBe(100);
      const data = Uint8Array.from(one.data);
      const index = at % data.length;
      data[index] = ((data[index] ?? 0) + change) % 256;
      expect(original.score({ ...one, data })).toBeLessThan(100);
    }),
    { numRuns: 60 },
  );
});

it("refuses an image of another size, one that is too small, and data of another length", () => {
  const original = new Ssimulacra2(uniform(16, 5));
  expect(() => original.score(uniform(17, 5))).toThrow(
    new RangeError("the image has 17 x 17 px, and the original 16 x 16"),
  );
  expect(() => new Ssimulacra2(uniform(7, 5))).toThrow(
    new RangeError("the image has 7 x 7 px: it needs at least 8 x 8"),
  );
  expect(() => original.score({ ...uniform(16, 5), width: 8 })).toThrow(
    new RangeError("the image has 768 bytes: 8 x 16 px in RGB are 384"),
  );
});
