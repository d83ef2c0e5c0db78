import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineRecipe, FITS, presetLabel, type RecipeInput } from "../recipe/index.ts";
import type { Area } from "./area.ts";
import { sized } from "./responsive.ts";

function drawn(source: Area, preset: RecipeInput["presets"][string]): string[] {
  return sized(source, defineRecipe({ presets: { a: preset } }).presets).map(
    ({ preset: one, geometry: { width, height } }) =>
      `${presetLabel(one)}.${one.format} ${width}x${height}`,
  );
}

describe("sized", () => {
  const widths = [320, 640, 1280];
  it.each<[string, Area, RecipeInput["presets"][string], string[]]>([
    [
      "all of a large source",
      { width: 4000, height: 3000 },
      { widths },
      ["a-320w.webp 320x240", "a-640w.webp 640x480", "a-1280w.webp 1280x960"],
    ],
    [
      "up to its own width once",
      { width: 500, height: 250 },
      { widths, formats: ["avif", "webp"] },
      ["a-320w.avif 320x160", "a-640w.avif 500x250", "a-320w.webp 320x160", "a-640w.webp 500x250"],
    ],
    [
      "a width that is its own, and none beyond",
      { width: 640, height: 10 },
      { widths },
      ["a-320w.webp 320x5", "a-640w.webp 640x10"],
    ],
    ["one of a tiny source", { width: 9, height: 9 }, { widths }, ["a-320w.webp 9x9"]],
    [
      "the same proportions throughout",
      { width: 600, height: 300 },
      { widths, size: "16x9", fit: "cover" },
      ["a-320w.webp 320x180", "a-640w.webp 533x300"],
    ],
    [
      "all of them where it may enlarge",
      { width: 500, height: 250 },
      { widths, enlarge: true },
      ["a-320w.webp 320x160", "a-640w.webp 640x320", "a-1280w.webp 1280x640"],
    ],
  ])("gives %s", (_name, source, preset, expected) => {
    expect(drawn(source, preset)).toEqual(expected);
  });

  it("never gives one picture twice, never none, and never enlarges", () => {
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(
        fc.record({ width: side, height: side }),
        fc.uniqueArray(side, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(undefined, ...FITS),
        (source, list, fit) => {
          const shape = fit === undefined ? {} : { size: "4x3", fit };
          const { presets } = defineRecipe({ presets: { a: { ...shape, widths: list } } });
          const made = sized(source, presets);
          expect(made.length).toBeGreaterThan(0);
          const own = made.filter(({ geometry: { scaled } }) =>
            fit === "fill"
              ? scaled.width === source.width || scaled.height === source.height
              : scaled.width === source.width && scaled.height === source.height,
          );
          if (fit !== "fill") expect(own.length).toBeLessThanOrEqual(1);
          for (const { geometry } of made) {
            expect(geometry.scaled.width).toBeLessThanOrEqual(source.width);
            expect(geometry.scaled.height).toBeLessThanOrEqual(source.height);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
