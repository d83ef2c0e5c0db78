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
 * The longest side that each format can have, in px, of one frame where there are several. JPEG:
 * libjpeg's limit, its format's is 65,535; AVIF: our encoder's for one tile grid; PNG's own is 2^31,
 * but libpng stops reading at 1,000,000 (PNG_USER_WIDTH_MAX).
 */
const LONGEST_SIDE: Readonly<Record<OutputFormat, number>> = {
  webp: 16_383,
  avif: 16_384,
  jpeg: 65_500,
  png: 1_000_000,
  gif: 65_535,
};

/**
 * The exact work that brings a source's renditions up to date.
 *
 * @param sourceKey the source's key in its bucket
 * @param memoryBytes what the work may take of memory at its peak; what would break it in one
 *   decode is streamed. The plan can still cost more: see `laneByCost`.
 * @throws Rejection `SourceTooLarge` over the recipe's limits; `RecipeUnsatisfiable` when a
 *   rendition's key would be too long
 */
export function planRenditions(
  source: SourceInfo,
  recipe: Recipe,
  sourceKey: string,
  memoryBytes: number,
): Plan {
  guard(source, recipe);
  const renditions = sized(source, recipe.presets)
    .map(({ preset, geometry }): RenditionPlan => {
      const key = renditionKey(recipe, preset, sourceKey);
      const held = within(geometry, LONGEST_SIDE[preset.format]);
      return { ...held, preset, key, ...beyondOnePicture(source, preset, recipe) };
    })
    .sort((a, b) => areaPixels(b.scaled) - areaPixels(a.scaled));
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

/** What makes of a rendition more than one picture in sRGB, and so keeps it out of the cascade. */
function beyondOnePicture(
  source: SourceInfo,
  preset: Preset,
  { limits }: Recipe,
): Pick<RenditionPlan, "frames" | "wide"> {
  const moves = source.format === "gif" || source.format === "webp";
  const frames = preset.animated && moves ? source.pages : 1;
  // They are decoded together: the limit is of what is decoded at once.
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
 * A geometry with sides that its format can hold, in its proportions. One that is cropped or padded
 * has both of its preset's sides, which are shorter than any bound.
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
 * The largest renditions get a decode of their own, as few as bring the peak under the budget. Where
 * nothing does (a progressive JPEG is whole in memory however it is read), as few as bring the
 * lowest peak.
 */
function withinMemory(
  source: SourceInfo,
  renditions: readonly RenditionPlan[],
  memoryBytes: number,
): Split {
  const apart = renditions.filter(({ frames, wide }) => frames !== undefined || wide);
  const rest = renditions.filter((rendition) => !apart.includes(rendition));
  const splits: Split[] = [];
  for (const at of [...rest.keys(), rest.length]) {
    const made = split(source, apart, rest, at);
    // Nearly always the first: to plan all the others as well took longer than the probe.
    if (made.peakBytes <= memoryBytes) return made;
    splits.push(made);
  }
  return splits.reduce((best, other) => (other.peakBytes < best.peakBytes ? other : best));
}

/** The first `at` renditions streamed, and those apart; the others in one cascade. */
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
