import { Rejection } from "../outcome/index.ts";
import type { OutputFormat, Preset, Recipe } from "../recipe/index.ts";
import { type Area, areaPixels } from "./area.ts";
import { cascade } from "./cascade.ts";
import { cascadeBytes, streamBytes } from "./cost.ts";
import { renditionKey } from "./key.ts";
import type { Plan, RenditionPlan } from "./plan.ts";
import { sized } from "./responsive.ts";
import type { SourceInfo } from "./source-info.ts";

/**
 * The longest side that each format can have, in px. AVIF: our encoder's limit for one tile grid;
 * PNG's own is 2^31, but libpng stops reading at 1,000,000 (PNG_USER_WIDTH_MAX).
 */
const LONGEST_SIDE: Readonly<Record<OutputFormat, number>> = {
  webp: 16_383,
  avif: 16_384,
  jpeg: 65_535,
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
 *   rendition cannot exist: too long a side for its format, too long a key
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
      checkSides(geometry, preset.format, preset.name);
      const key = renditionKey(recipe, preset, sourceKey);
      return { ...geometry, preset, key, ...beyondOnePicture(source, preset, recipe) };
    })
    .sort((a, b) => areaPixels(b.scaled) - areaPixels(a.scaled));
  const { seconds } = recipe.limits;
  return { source, seconds, renditions, ...withinMemory(source, renditions, memoryBytes) };
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
  const wide = preset.colour === "p3" && source.p3 === true;
  return { ...(frames > 1 && { frames }), ...(wide && { wide }) };
}

function checkSides({ width, height }: Area, format: OutputFormat, name: string): void {
  const longest = LONGEST_SIDE[format];
  if (Math.max(width, height) <= longest) return;
  throw new Rejection(
    "RecipeUnsatisfiable",
    `presets.${name} of this source would be ${width} x ${height} px and ${format} takes ${longest} a side: bound both sides in the preset or choose another format`,
  );
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
