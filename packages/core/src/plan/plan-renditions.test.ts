import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rejection } from "../outcome/index.ts";
import { defineRecipe, type RecipeInput } from "../recipe/index.ts";
import { planRenditions, sizedRenditions } from "./plan-renditions.ts";
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
    ["jpeg", 65_500],
    ["gif", 65_535],
    ["png", 1_000_000],
  ] as const)(
    "bounds a rendition by what %s can hold, and leaves the others",
    (format, longest) => {
      const presets = { full: { format }, thumb: "9x9" } as const;
      const [whole] = plan(source({ width: longest, height: 7 }), { presets }).renditions;
      expect(whole).toMatchObject({ width: longest, height: 7 });
      expect(whole?.boundedFrom).toBeUndefined();
      for (const turned of [false, true]) {
        const [width, height] = turned ? [30, longest * 3] : [longest * 3, 30];
        const made = plan(source({ width, height }), { presets }).renditions;
        const sides = turned ? { width: 10, height: longest } : { width: longest, height: 10 };
        expect(made.find(({ preset }) => preset.name === "full")).toMatchObject({
          ...sides,
          scaled: sides,
          boundedFrom: { width, height },
        });
        expect(made.find(({ preset }) => preset.name === "thumb")?.boundedFrom).toBeUndefined();
      }
    },
  );

  it("never makes a side of none, or one that its format cannot hold, of any source and preset", () => {
    const side = fc.integer({ min: 1, max: 2_000_000 });
    const format = fc.constantFrom("webp", "avif", "jpeg", "gif", "png");
    const asked = fc.integer({ min: 1, max: 16_383 });
    const enlarge = fc.boolean();
    const fit = fc.constantFrom("inside", "cover", "contain", "fill", "outside");
    const preset = fc.oneof(
      fc.record({ format }),
      fc.record({ format, width: asked, enlarge }),
      fc.record({ format, width: asked, height: asked, fit, enlarge }),
    );
    const bounds = { webp: 16_383, avif: 16_384, jpeg: 65_500, gif: 65_535, png: 1_000_000 };
    fc.assert(
      fc.property(side, side, preset, (width, height, full) => {
        const limits = { pixels: Number.MAX_SAFE_INTEGER };
        const [made] = plan(source({ width, height }), { limits, presets: { full } }).renditions;
        if (made === undefined) throw new Error("nothing was planned");
        expect(Math.max(made.width, made.height)).toBeLessThanOrEqual(bounds[full.format]);
        expect(Math.min(made.width, made.height)).toBeGreaterThanOrEqual(1);
        if (made.boundedFrom === undefined) return;
        // The proportions are kept, to one px of the shorter side, and no crop or padding is added.
        expect([made.crop, made.pad]).toEqual([undefined, undefined]);
        const { width: across, height: down } = made.boundedFrom;
        const shrink = Math.max(across, down) / bounds[full.format];
        expect(Math.abs(made.width - across / shrink)).toBeLessThanOrEqual(1);
        expect(Math.abs(made.height - down / shrink)).toBeLessThanOrEqual(1);
      }),
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

describe("sizedRenditions", () => {
  it("has the sizes of the plan, in the recipe's order", () => {
    const input: RecipeInput = {
      presets: {
        thumb: { size: "150x150", fit: "cover" },
        hero: { widths: [400, 6000, 8000], formats: ["webp", "jpeg"], when: "request" },
        wide: "1200w",
      },
    };
    const recipe = defineRecipe(input);
    const sizes = sizedRenditions(source(), recipe, "cats/tom.jpg");
    expect(sizes.map(({ key, width, height }) => [key, width, height])).toEqual([
      ["thumb/cats/tom.jpg.webp", 150, 150],
      ["hero-400w/cats/tom.jpg.webp", 400, 300],
      ["hero-6000w/cats/tom.jpg.webp", 4000, 3000],
      ["hero-400w/cats/tom.jpg.jpg", 400, 300],
      ["hero-6000w/cats/tom.jpg.jpg", 4000, 3000],
      ["wide/cats/tom.jpg.webp", 1200, 900],
    ]);
    expect(new Set(plan(source(), input).renditions)).toEqual(new Set(sizes));
  });

  it("refuses what the plan refuses", () => {
    const recipe = defineRecipe({ limits: { bytes: 100 }, presets: { a: "1w" } });
    expect(() => sizedRenditions(source(), recipe, "a")).toThrow("limits.bytes is 100");
  });
});

describe("a rendition on request", () => {
  it("is rendered apart, so that it has the same bytes alone and with others", () => {
    const { raster, streamed } = plan(source(), {
      presets: { a: "100w", b: { size: "200w", when: "request" }, c: "300w" },
    });
    expect(streamed.map(({ preset }) => preset.name)).toEqual(["b"]);
    expect(JSON.stringify(raster)).not.toContain('"name":"b"');
    const alone = plan(source(), { presets: { a: "100w", b: { size: "200w", when: "request" } } });
    expect(alone.streamed).toEqual(streamed);
  });
});
