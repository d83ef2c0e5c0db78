import { Rejection } from "../outcome/index.ts";
import type { OutputFormat, Preset, Recipe } from "../recipe/index.ts";
import { areaPixels } from "./area.ts";
import { cascade } from "./cascade.ts";
import { cascadeBytes, streamBytes } from "./cost.ts";
import type { Geometry } from "./geometry.ts";
import { renditionKey } from "./key.ts";
import type { Plan, RenditionPlan } from "./plan.ts";
import { sized } from "./responsive.ts";
import type { SourceInfo } from "./source-info.ts";

/**
 * The longest side of each format, in px, per frame. JPEG: the limit of libjpeg (the format's own
 * is 65,535). AVIF: the limit of the encoder for one tile grid. PNG: the format's limit is 2^31,
 * but libpng reads at most 1,000,000 (PNG_USER_WIDTH_MAX).
 */
const LONGEST_SIDE: Readonly<Record<OutputFormat, number>> = {
  webp: 16_383,
  avif: 16_384,
  jpeg: 65_500,
  png: 1_000_000,
  gif: 65_535,
};

/**
 * Plans the exact work that brings a source's renditions up to date.
 *
 * @param sourceKey the key of the source in its bucket
 * @param memoryBytes the memory that the work may use at its peak. Renditions that would exceed it
 *   in one decode are streamed. The plan can still cost more: see `laneByCost`.
 * @throws Rejection `SourceTooLarge` if the source exceeds the recipe's limits;
 *   `RecipeUnsatisfiable` if the key of a rendition would be too long
 *
 * @example
 * const { renditions, peakBytes } = planRenditions(info, recipe, "cats/tom.jpg", 512 * 2 ** 20);
 */
export function planRenditions(
  source: SourceInfo,
  recipe: Recipe,
  sourceKey: string,
  memoryBytes: number,
): Plan {
  const renditions = sizedRenditions(source, recipe, sourceKey).sort(
    (a, b) => areaPixels(b.scaled) - areaPixels(a.scaled),
  );
  const { seconds } = recipe.limits;
  const tolerant = recipe.source.damaged === "render" && ({ tolerant: true } as const);
  return {
    source,
    seconds,
    renditions,
    ...tolerant,
    ...withinMemory(source, renditions, memoryBytes),
  };
}

/**
 * The geometry of every rendition of a source, in the recipe's order, without the work that makes
 * them.
 *
 * @param sourceKey the key of the source in its bucket
 * @throws Rejection as `planRenditions`
 *
 * @example
 * const sizes = sizedRenditions(info, recipe, "cats/tom.jpg").map(({ width }) => width); // px
 */
export function sizedRenditions(
  source: SourceInfo,
  recipe: Recipe,
  sourceKey: string,
): RenditionPlan[] {
  guard(source, recipe);
  return sized(source, recipe.presets).map(({ preset, geometry }): RenditionPlan => {
    const key = renditionKey(recipe, preset, sourceKey);
    const held = within(geometry, LONGEST_SIDE[preset.format]);
    return { ...held, preset, key, ...beyondOnePicture(source, preset, recipe) };
  });
}

function guard({ width, height, bytes, pages }: SourceInfo, { limits }: Recipe): void {
  if (bytes > limits.bytes) {
    throw new Rejection(
      "SourceTooLarge",
      `the source is ${bytes} bytes and limits.bytes is ${limits.bytes}`,
    );
  }
  if (width * height > limits.pixels) {
    throw new Rejection(
      "SourceTooLarge",
      `the source is ${width} x ${height} = ${width * height} px and limits.pixels is ${limits.pixels}`,
    );
  }
  if (pages > limits.pages) {
    throw new Rejection(
      "SourceTooLarge",
      `the source has ${pages} pages or frames and limits.pages is ${limits.pages}`,
    );
  }
}

/**
 * The properties that make a rendition more than one sRGB image and so exclude it from the cascade.
 */
function beyondOnePicture(
  source: SourceInfo,
  preset: Preset,
  { limits }: Recipe,
): Pick<RenditionPlan, "frames" | "wide"> {
  const moves = source.format === "gif" || source.format === "webp";
  const frames = preset.animated && moves ? source.pages : 1;
  // All frames are decoded together, and the limit applies to what is decoded at once.
  const all = areaPixels(source) * frames;
  if (all > limits.pixels) {
    throw new Rejection(
      "SourceTooLarge",
      `the source's ${frames} frames of ${source.width} x ${source.height} px are ${all} px, which presets.${preset.name} would keep moving, and limits.pixels is ${limits.pixels}`,
    );
  }
  const wide = preset.color === "p3" && source.p3 === true;
  return { ...(frames > 1 && { frames }), ...(wide && { wide }) };
}

/**
 * Scales a geometry down, in proportion, to sides that the format can store. A cropped or padded
 * geometry has both sides of its preset, which are shorter than any limit.
 */
function within(
  geometry: Geometry,
  longest: number,
): Geometry & Pick<RenditionPlan, "boundedFrom"> {
  const { width, height } = geometry;
  const shrink = Math.max(width, height) / longest;
  if (shrink <= 1) return geometry;
  const side = (px: number) => Math.max(1, Math.min(longest, Math.round(px / shrink)));
  const scaled = { width: side(width), height: side(height) };
  return { ...scaled, scaled, boundedFrom: { width, height } };
}

type Split = Pick<Plan, "strategy" | "raster" | "streamed" | "peakBytes">;

/**
 * Streams the largest renditions: as few as bring the peak under the budget. If no split does (a
 * progressive JPEG is held whole in memory in any case), it takes the split with the lowest peak.
 */
function withinMemory(
  source: SourceInfo,
  renditions: readonly RenditionPlan[],
  memoryBytes: number,
): Split {
  // One on request has the same bytes, whichever program makes it: alone, or with others.
  const apart = renditions.filter(
    ({ frames, wide, preset }) => frames !== undefined || wide || preset.when === "request",
  );
  const rest = renditions.filter((rendition) => !apart.includes(rendition));
  const splits: Split[] = [];
  for (const at of [...rest.keys(), rest.length]) {
    const made = split(source, apart, rest, at);
    // The first split nearly always fits. Planning all the others as well took longer than the
    // probe.
    if (made.peakBytes <= memoryBytes) return made;
    splits.push(made);
  }
  return splits.reduce((best, other) => (other.peakBytes < best.peakBytes ? other : best));
}

/** Streams `apart` and the first `at` renditions; the others share one cascade. */
function split(
  source: SourceInfo,
  apart: readonly RenditionPlan[],
  renditions: readonly RenditionPlan[],
  at: number,
): Split {
  const streamed = [...apart, ...renditions.slice(0, at)];
  const rest = renditions.slice(at);
  const costs = streamed.map((rendition) => streamBytes(source, rendition));
  if (rest.length === 0) return { strategy: "stream", streamed, peakBytes: Math.max(...costs) };
  const raster = cascade(source, rest);
  return {
    strategy: streamed.length === 0 ? "cascade" : "stream",
    raster,
    streamed,
    peakBytes: Math.max(cascadeBytes(source, raster), ...costs),
  };
}
