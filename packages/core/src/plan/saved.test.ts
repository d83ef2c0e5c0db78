import * as fc from "fast-check";
import { expect, it } from "vitest";
import { bytesSaved, savedPercent } from "./saved.ts";

const source = { width: 640, height: 480, bytes: 30_000 };

it.each([
  [10_000, 66.7],
  [30_000, 0],
  [31_500, -5],
])("of 30000 bytes, %d at the same size save %d %%", (bytes, percent) => {
  expect(savedPercent(source, { ...source, bytes })).toBe(percent);
});

it("says nothing of another size: a crop, or fewer px", () => {
  expect(savedPercent(source, { ...source, width: 320, height: 240 })).toBeUndefined();
  expect(savedPercent(source, { ...source, height: 479 })).toBeUndefined();
});

it("counts the bytes of the smallest of the source's own size, and of no other", () => {
  const rendition = fc.record(
    { bytes: fc.nat(), savedPercent: fc.double({ noNaN: true }) },
    { requiredKeys: ["bytes"] },
  );
  fc.assert(
    fc.property(fc.nat(), fc.array(rendition), (bytes, renditions) => {
      const same = renditions.filter((one) => "savedPercent" in one);
      const smallest = same.toSorted((a, b) => a.bytes - b.bytes)[0];
      expect(bytesSaved(bytes, renditions)).toBe(smallest && bytes - smallest.bytes);
    }),
  );
});
