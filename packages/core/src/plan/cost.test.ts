import { describe, expect, it } from "vitest";
import { defineRecipe, type RecipeInput } from "../recipe/index.ts";
import { laneByBytes, laneByCost, whyTooCostly } from "./lane.ts";
import { planRenditions } from "./plan-renditions.ts";
import type { SourceInfo } from "./source-info.ts";

const MIB = 1024 * 1024;
/** The render memory of the default function. */
const SMALL = 1256 * MIB;

/** 8000 x 6000 px. */
function source(format: SourceInfo["format"], more: Partial<SourceInfo> = {}): SourceInfo {
  return {
    format,
    width: 8000,
    height: 6000,
    bytes: 6 * MIB,
    pages: 1,
    bands: more.alpha ? 4 : 3,
    depth: 8,
    alpha: false,
    progressive: false,
    subsampled: format === "jpeg",
    lossless: false,
    orientation: 1,
    ...more,
  };
}

function plan(from: SourceInfo, presets: RecipeInput["presets"], memoryBytes = Infinity) {
  return planRenditions(from, defineRecipe({ presets }), "a", memoryBytes);
}

/** A TIFF of 6000 x 4000 px. */
function repacked(more: Partial<SourceInfo>, how: NonNullable<SourceInfo["repacked"]>): SourceInfo {
  const size = { width: 6000, height: 4000 };
  return source("tiff", { ...size, bytes: 24e6 * how.pixelBytes, repacked: how, ...more });
}

const jpeg = (size: string) => ({ t: { size, format: "jpeg" as const } });

/**
 * MiB by which a child process's peak resident size grew, two threads, glibc: see decoder-cost.ts.
 */
const MEASURED: readonly [string, SourceInfo, RecipeInput["presets"], number, number?][] = [
  ["JPEG", source("jpeg"), jpeg("4000w"), 128],
  ["JPEG 1600", source("jpeg"), jpeg("1600w"), 25],
  ["progressive JPEG", source("jpeg", { progressive: true }), jpeg("400w"), 147],
  [
    "progressive JPEG 4:4:4",
    source("jpeg", { progressive: true, subsampled: false }),
    jpeg("100w"),
    287,
  ],
  [
    "JPEG on its side",
    source("jpeg", { width: 6000, height: 8000, orientation: 6 }),
    jpeg("4000w"),
    197,
  ],
  ["PNG", source("png"), jpeg("1600w"), 64],
  ["PNG RGBA", source("png", { alpha: true }), jpeg("1600w"), 73],
  ["PNG 16 bit", source("png", { depth: 16 }), jpeg("4000w"), 172],
  ["PNG interlaced", source("png", { progressive: true }), jpeg("4000w"), 191],
  ["WebP without loss", source("webp", { lossless: true, bytes: 53 * MIB }), jpeg("4000w"), 281],
  ["AVIF", source("avif"), jpeg("400w"), 846],
  ["AVIF 10 bit", source("avif", { depth: 16 }), jpeg("400w"), 1133],
  ["GIF", source("gif", { bytes: 18 * MIB }), jpeg("1600w"), 251],
  ["TIFF", source("tiff"), jpeg("1600w"), 67],
  [
    "HEIC 4:2:0",
    source("heic", { width: 5712, height: 4284, bytes: 2_590_935 }),
    jpeg("400w"),
    278,
  ],
  [
    "HEIC 4:4:4",
    source("heic", { width: 4032, height: 3024, bytes: 1_300_000 }),
    jpeg("400w"),
    193,
  ],
  ["BMP", source("bmp", { width: 6000, height: 4000, bytes: 72_000_054 }), jpeg("400w"), 162],
  [
    "BMP with a palette",
    source("bmp", { width: 6000, height: 4000, bytes: 24_001_078 }),
    jpeg("400w"),
    116,
  ],
  [
    "TIFF with a spot color",
    repacked({ bands: 4, alpha: true }, { color: "rgb", pixelBytes: 5, copied: false }),
    jpeg("1600w"),
    224,
  ],
  [
    "TIFF with a spot color, 16 bit",
    repacked({ bands: 4, alpha: true, depth: 16 }, { color: "rgb", pixelBytes: 10, copied: false }),
    jpeg("1600w"),
    421,
  ],
  [
    "TIFF in CMYK with two spot colors",
    repacked({ bands: 4 }, { color: "cmyk", pixelBytes: 6, copied: false }),
    jpeg("1600w"),
    253,
  ],
  [
    "TIFF in Lab of 8 bit",
    repacked({ depth: 16 }, { color: "lab", pixelBytes: 3, copied: true }),
    jpeg("1600w"),
    286,
  ],
  ["WebP at full size", source("jpeg"), { a: {}, b: "400w" }, 376],
  ["JPEG streamed", source("jpeg"), { a: { format: "jpeg" }, b: "400w" }, 311, 10 * MIB],
];

describe("the predicted peak", () => {
  it.each(MEASURED)(
    "of %s is near what was measured, and not below",
    (_name, from, presets, mib, budget) => {
      const predicted = plan(from, presets, budget).peakBytes / MIB;
      expect(predicted / mib).toBeGreaterThan(0.97);
      // The fixed memory of a job covers the worst source: 8 MiB here.
      expect(predicted).toBeLessThan(mib * 1.6 + 8);
    },
  );
});

describe("beside the pixels that are shown", () => {
  const peak = (from: SourceInfo) => plan(from, jpeg("400w")).peakBytes;

  it("EXIF counts, in copies", () => {
    const bare = source("webp");
    expect(peak({ ...bare, exifBytes: MIB }) - peak(bare)).toBe(13 * MIB);
  });

  it.each(["avif", "heic"] as const)("so does all that a small %s is cut from", (format) => {
    const coded = { all: 48_000_000, largest: 48_000_000 };
    const shown = { width: 800, height: 600 };
    const cut = peak(source(format, { ...shown, coded }));
    expect(cut).toBeGreaterThan(0.8 * peak(source(format)));
    expect(cut).toBeGreaterThan(10 * peak(source(format, shown)));
  });
});

describe("an animation", () => {
  const moving = (format: "gif" | "webp") =>
    source(format, { width: 640, height: 480, pages: 60, bytes: MIB, alpha: true });
  it.each([
    ["gif", "320w", "webp", 15],
    ["gif", "640w", "webp", 32],
    ["webp", "320w", "webp", 54],
    ["webp", "640w", "gif", 59],
  ] as const)(
    "of %s at %s as %s is never thought smaller than it is",
    (from, size, format, mib) => {
      const wanted = { a: { size, format, animated: true } };
      const { strategy, peakBytes, streamed } = plan(moving(from), wanted);
      expect(strategy).toBe("stream");
      expect(streamed).toMatchObject([{ frames: 60 }]);
      expect(peakBytes / MIB).toBeGreaterThan(mib);
    },
  );

  it("goes to the large lane for its frames", () => {
    const many = source("gif", { width: 1280, height: 960, pages: 500, bytes: MIB });
    const presets = { a: { size: "640w", animated: true } };
    expect(laneByCost(plan(many, presets), SMALL)).toBe("large");
    expect(laneByCost(plan(many, { a: "640w" }), SMALL)).toBe("small");
  });

  it("is rejected where its frames together are over the limit", () => {
    const recipe = { limits: { pixels: 640 * 480 * 59 }, presets: { a: { animated: true } } };
    expect(() => planRenditions(moving("gif"), defineRecipe(recipe), "a", Infinity)).toThrow(
      "the source's 60 frames of 640 x 480 px are 18432000 px, which presets.a would keep moving, and limits.pixels is 18124800",
    );
  });
});

describe("the lane", () => {
  const presets = { thumb: "150x150", medium: "800w", large: "1280w" };

  it("is decided from the bytes first", () => {
    const recipe = defineRecipe({ lanes: { smallBytes: 1000 }, presets });
    expect([laneByBytes(recipe, 1000), laneByBytes(recipe, 1001)]).toEqual(["small", "large"]);
  });

  it("is large where the encoders take longer than ten seconds", () => {
    const lane = (preset: RecipeInput["presets"][string]) =>
      laneByCost(plan(source("jpeg"), { t: preset }), SMALL);
    const avif = { size: "1280w", format: "avif" } as const;
    expect(lane({ ...avif, effort: 4 })).toBe("small");
    expect(lane({ ...avif, effort: 6 })).toBe("large");
    expect(lane({ ...avif, widths: [400, 800, 1280, 1920], size: "16x9", effort: 4 })).toBe(
      "large",
    );
    expect(lane({ size: "8000w", format: "webp", effort: 2 })).toBe("small");
    const slow = plan(source("jpeg"), { t: { ...avif, effort: 6 } });
    expect(whyTooCostly(slow, SMALL)).toMatch(/^encoding its renditions would take \d\d s$/);
    expect(whyTooCostly(slow, 1)).toMatch(/^decoding it would take \d+ MiB$/);
    expect(lane({ size: "8000w", format: "png", palette: true })).toBe("large");
    expect(lane({ size: "6000w", format: "webp", encoding: "by-content" })).toBe("large");
  });

  it("is small for what phones and cameras make", () => {
    const phone = source("jpeg", { width: 4032, height: 3024 });
    const camera = source("jpeg");
    expect(laneByCost(plan(phone, presets), SMALL)).toBe("small");
    expect(laneByCost(plan(camera, presets), SMALL)).toBe("small");
  });

  it("is large for 121 megapixels in 386 KB", () => {
    const bomb = source("png", { width: 11_000, height: 11_000, bytes: 386_000 });
    expect(laneByCost(plan(bomb, presets), SMALL)).toBe("large");
  });

  it("is large for what its codec must hold whole", () => {
    // 48 megapixels of AVIF take 846 MiB: such a job runs alone in the function, and does not fit a
    // smaller one.
    expect(laneByCost(plan(source("avif"), presets), SMALL)).toBe("small");
    expect(laneByCost(plan(source("jpeg"), presets), 800 * MIB)).toBe("small");
    expect(laneByCost(plan(source("avif"), presets), 800 * MIB)).toBe("large");
  });
});
