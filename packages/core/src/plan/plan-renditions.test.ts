import { describe, expect, it } from "vitest";
import { Rejection } from "../outcome/index.ts";
import { defineRecipe, type RecipeInput } from "../recipe/index.ts";
import { planRenditions } from "./plan-renditions.ts";
import type { SourceInfo } from "./source-info.ts";

const MIB = 1024 * 1024;

function source(more: Partial<SourceInfo> = {}): SourceInfo {
  return {
    format: "jpeg",
    width: 4000,
    height: 3000,
    bytes: 2 * MIB,
    pages: 1,
    bands: 3,
    depth: 8,
    alpha: false,
    progressive: false,
    subsampled: true,
    lossless: false,
    orientation: 1,
    ...more,
  };
}

function plan(from: SourceInfo, input: RecipeInput, memoryBytes = 1024 * MIB) {
  return planRenditions(from, defineRecipe(input), "cats/tom.jpg", memoryBytes);
}

describe("planRenditions", () => {
  it("plans each preset with its key, largest first", () => {
    const { strategy, renditions } = plan(source(), {
      presets: { thumb: { size: "150x150", fit: "cover" }, wide: "1200w" },
    });
    expect(strategy).toBe("cascade");
    expect(renditions).toMatchObject([
      { key: "wide/cats/tom.jpg.webp", width: 1200, height: 900 },
      {
        key: "thumb/cats/tom.jpg.webp",
        width: 150,
        height: 150,
        scaled: { width: 200, height: 150 },
        crop: { left: 25, top: 0 },
      },
    ]);
  });

  it.each([
    [
      "bytes",
      source({ bytes: 11 }),
      { bytes: 10 },
      "the source is 11 bytes and limits.bytes is 10",
    ],
    [
      "pixels",
      source({ width: 101, height: 10 }),
      { pixels: 1000 },
      "the source is 101 x 10 = 1010 px and limits.pixels is 1000",
    ],
  ])("rejects a source over limits.%s", (_name, from, limits, message) => {
    expect(() => plan(from, { limits, presets: { a: "9w" } })).toThrowError(
      new Rejection("SourceTooLarge", message),
    );
  });

  it.each([
    ["webp", 16_383],
    ["avif", 16_384],
    ["jpeg", 65_535],
    ["png", 1_000_000],
  ] as const)("rejects a rendition with a side that %s cannot have", (format, longest) => {
    const presets = { full: { format } };
    expect(() => plan(source({ width: longest, height: 1 }), { presets })).not.toThrow();
    expect(() => plan(source({ width: longest + 1, height: 1 }), { presets })).toThrowError(
      new Rejection(
        "RecipeUnsatisfiable",
        `presets.full of this source would be ${longest + 1} x 1 px and ${format} takes ${longest} a side: bound both sides in the preset or choose another format`,
      ),
    );
  });

  it("streams only the largest renditions when one decode would break the budget", () => {
    const presets = { full: { format: "jpeg" as const }, medium: "800w", small: "400w" };
    const from = source({ width: 12_000, height: 9000 });
    const whole = plan(from, { presets }, 4096 * MIB);
    expect([whole.strategy, whole.streamed]).toEqual(["cascade", []]);

    const tight = plan(from, { presets }, 900 * MIB);
    expect(tight.strategy).toBe("stream");
    expect(tight.streamed.map(({ preset }) => preset.name)).toEqual(["full"]);
    expect(tight.raster).toMatchObject({ width: 800, height: 600 });
    expect(tight.peakBytes).toBeLessThan(whole.peakBytes);
    expect(tight.peakBytes).toBeLessThanOrEqual(900 * MIB);
  });

  it("does not decode again and again where that saves nothing", () => {
    const from = source({ width: 12_000, height: 9000, progressive: true });
    const { strategy, peakBytes } = plan(from, { presets: { a: "800w", b: "400w" } }, 100 * MIB);
    expect(strategy).toBe("cascade");
    expect(peakBytes).toBeGreaterThan(100 * MIB);
  });

  it("holds every rendition once, whatever the budget", () => {
    const presets = { full: {}, large: "1280w", medium: "800w", wide: "1200w", small: "400w" };
    for (const mib of [1, 60, 100, 200, 300, 1000]) {
      const { raster, streamed, renditions } = plan(source(), { presets }, mib * MIB);
      const names = (function below(node: typeof raster): string[] {
        if (node === undefined) return [];
        return [
          ...node.renditions.map(({ preset }) => preset.name),
          ...node.rasters.flatMap(below),
        ];
      })(raster);
      expect([...names, ...streamed.map(({ preset }) => preset.name)].sort()).toEqual(
        renditions.map(({ preset }) => preset.name).sort(),
      );
    }
  });
});
