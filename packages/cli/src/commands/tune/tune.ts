import type { Recipe } from "@imagefleet/core/recipe";
import { millionUsd, type Point, pointOf, type Sample } from "@imagefleet/core/tuning";
import type { Encoders } from "../../tuning/encoders.ts";
import type { Picture } from "../../tuning/prepare.ts";
import { type Setting, TUNED_FORMATS, type TunedFormat } from "../../tuning/setting.ts";
import { Search, settingsOf } from "./search.ts";

export interface TuneOptions {
  /** A score of SSIMULACRA 2.1. */
  readonly target: number;
  readonly least: "usd" | "bytes" | "cpu";
  /** Page views of a rendition. */
  readonly views: number;
  /** Default: those of the recipe. */
  readonly formats?: readonly TunedFormat[] | undefined;
  readonly thorough?: boolean | undefined;
  /** The side of the square in the middle that is scored, px; 0: whole renditions. */
  readonly crop: number;
}

/** A setting with its quality, and what it makes of the pictures. */
export interface Tuned {
  readonly setting: Setting;
  readonly point: Point;
}

/** What was found for one format of one preset. */
export interface TunedPreset {
  readonly name: string;
  readonly format: TunedFormat;
  /** As the recipe has it; undefined for a format that is not the recipe's. */
  readonly now: Tuned | undefined;
  /** The setting that costs least at the target; undefined if none reaches it. */
  readonly best: Tuned | undefined;
  /** All that reach the target. */
  readonly all: readonly Tuned[];
}

/** A format of a preset while it is tuned. */
interface Unit {
  readonly name: string;
  readonly format: TunedFormat;
  readonly pictures: readonly Picture[];
  readonly current: { readonly setting: Setting; readonly quality: number } | undefined;
  readonly searches: readonly Search[];
  now?: Tuned;
}

/** One encoding that is asked for, and who gets the sample. */
interface Asked {
  readonly pictures: readonly Picture[];
  readonly setting: Setting;
  readonly quality: number;
  readonly take: (samples: readonly Sample[]) => void;
}

/**
 * Finds the setting of each preset that costs least at the target.
 *
 * @param onProgress receives the encodings that are done, and those that are known to come
 */
export async function tune(
  recipe: Recipe,
  pictures: readonly Picture[],
  options: TuneOptions,
  encoders: Encoders,
  onProgress: (done: number, known: number) => void,
  signal: AbortSignal,
): Promise<TunedPreset[]> {
  const units = unitsOf(recipe, pictures, options);
  let done = 0;
  let known = 0;
  let asked = units.flatMap(firstAsked);
  while (asked.length > 0) {
    known += asked.reduce((sum, each) => sum + each.pictures.length, 0);
    await measureAll(asked, options.crop, encoders, signal, (count) => {
      done += count;
      onProgress(done, known);
    });
    asked = units.flatMap(({ searches, pictures: own }) =>
      searches.flatMap((search) => askedBy(search, own)),
    );
  }
  return units.map((unit) => tunedOf(unit, options));
}

function unitsOf(
  recipe: Recipe,
  pictures: readonly Picture[],
  { formats, target, thorough = false }: TuneOptions,
): Unit[] {
  const byName = Map.groupBy(recipe.presets, ({ name }) => name);
  return [...byName].flatMap(([name, presets]) => {
    const own = pictures.filter((picture) => picture.name === name);
    const tuned = TUNED_FORMATS.filter((format) =>
      formats ? formats.includes(format) : presets.some((preset) => preset.format === format),
    );
    if (own.length === 0) return [];
    return tuned.map((format): Unit => {
      const preset = presets.find((each) => each.format === format);
      const { quality = 0, effort, mozjpeg } = preset ?? {};
      const setting = {
        format,
        ...(effort !== undefined && { effort }),
        ...(mozjpeg && { mozjpeg }),
      };
      return {
        name,
        format,
        pictures: own,
        current: preset && { setting, quality },
        searches: settingsOf(format, thorough).map((each) => new Search(each, target)),
      };
    });
  });
}

function firstAsked(unit: Unit): Asked[] {
  const { current, pictures, searches } = unit;
  const now: Asked[] = current
    ? [
        {
          pictures,
          ...current,
          take: (samples) => {
            unit.now = { setting: current.setting, point: pointOf(current.quality, samples) };
          },
        },
      ]
    : [];
  return [...now, ...searches.flatMap((search) => askedBy(search, pictures))];
}

function askedBy(search: Search, pictures: readonly Picture[]): Asked[] {
  const { setting } = search;
  return search.next().map((quality) => ({
    pictures,
    setting,
    quality,
    take: (samples) => search.add(quality, samples),
  }));
}

/** Measures picture by picture, so that each is read and prepared for scores once in a round. */
async function measureAll(
  asked: readonly Asked[],
  crop: number,
  encoders: Encoders,
  signal: AbortSignal,
  onDone: (count: number) => void,
): Promise<void> {
  const all = new Set(asked.flatMap(({ pictures }) => pictures));
  const byPicture = await Promise.all(
    [...all].map(async (picture) => {
      const { file, background } = picture;
      const own = asked.filter(({ pictures }) => pictures.includes(picture));
      const wanted = own.map(({ setting, quality }) => ({ ...setting, quality }));
      const samples = await encoders.measure({ file, background, crop, wanted }, signal);
      onDone(samples.length);
      return new Map(own.map((each, at) => [each, samples[at]]));
    }),
  );
  for (const each of asked) each.take(byPicture.flatMap((found) => found.get(each) ?? []));
}

function tunedOf({ name, format, searches, now }: Unit, options: TuneOptions): TunedPreset {
  const all = searches.flatMap(({ setting, result }) =>
    result ? [{ setting, point: result }] : [],
  );
  const [best] = all.toSorted((a, b) => costOf(a.point, options) - costOf(b.point, options));
  return { name, format, now, best, all };
}

function costOf(point: Point, { least, views }: TuneOptions): number {
  switch (least) {
    case "bytes":
      return point.bytes;
    case "cpu":
      return point.cpuMs;
    case "usd":
      return millionUsd(point, views);
  }
}
