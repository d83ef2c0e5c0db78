import {
  atQuality,
  atScore,
  type Curve,
  type Point,
  pointOf,
  type Sample,
} from "@imagefleet/core/tuning";
import type { Setting, TunedFormat } from "../../tuning/setting.ts";

/** The settings that are measured of each format; with `thorough`, also those that take seconds a picture. */
export function settingsOf(format: TunedFormat, thorough: boolean): readonly Setting[] {
  switch (format) {
    case "jpeg":
      return [{ format }, { format, mozjpeg: true }];
    case "webp":
      return [2, 4, ...(thorough ? [6] : [])].map((effort) => ({ format, effort }));
    case "avif":
      return [0, ...(thorough ? [1, 2, 4] : [2])].map((effort) => ({ format, effort }));
  }
}

/**
 * Where the search for a score of 80 begins, and how many steps of quality a point of the score is: by
 * `npm run bench -- quality` on photographs.
 */
const FIRST: Readonly<Record<TunedFormat, { readonly quality: number; readonly slope: number }>> = {
  jpeg: { quality: 80, slope: 1.9 },
  webp: { quality: 85, slope: 1.3 },
  avif: { quality: 64, slope: 1.8 },
};

/** Half of the first interval, and the most that an interval around the target may have, in quality. */
const HALF = 4;
const WIDEST = 12;
const MAX_ROUNDS = 5;

/**
 * Finds the lowest quality of a setting at which the mean score of some pictures reaches a target: round
 * after round it says which qualities are to be measured.
 *
 * @example
 * const search = new Search({ format: "webp", effort: 4 }, 80);
 * for (let asked = search.next(); asked.length > 0; asked = search.next()) {
 *   for (const quality of asked) search.add(quality, await measure(quality));
 * }
 * search.result?.quality; // 84
 */
export class Search {
  readonly setting: Setting;
  readonly #target: number;
  readonly #measured = new Map<number, readonly Sample[]>();
  #rounds = 0;

  /** @param target a score of SSIMULACRA 2.1 */
  constructor(setting: Setting, target: number) {
    this.setting = setting;
    this.#target = target;
  }

  /** The qualities to measure next; none when the search is over. */
  next(): readonly number[] {
    if (this.#rounds++ >= MAX_ROUNDS) return [];
    const points = this.#points;
    const [first, second] = points;
    const last = points.at(-1);
    if (!first || !second || !last) {
      const { quality, slope } = FIRST[this.setting.format];
      const center = within(Math.round(quality + (this.#target - 80) * slope));
      return [within(center - HALF), within(center + HALF)];
    }
    const above = points.findIndex(({ score }) => score >= this.#target);
    if (above === -1) return last.quality === 100 ? [] : [this.#beyond(points.at(-2), last, 1)];
    if (above === 0) return first.quality === 1 ? [] : [this.#beyond(second, first, -1)];
    const [low = first, high = last] = [points[above - 1], points[above]];
    if (high.quality - low.quality <= WIDEST) return [];
    const part = (this.#target - low.score) / (high.score - low.score);
    const guess = Math.round(low.quality + part * (high.quality - low.quality));
    return [Math.min(high.quality - 1, Math.max(low.quality + 1, guess))];
  }

  add(quality: number, samples: readonly Sample[]): void {
    this.#measured.set(quality, samples);
  }

  /** What was measured, by rising quality. */
  get #curve(): Curve {
    return [...this.#measured]
      .map(([quality, samples]) => ({ quality, samples }))
      .sort((a, b) => a.quality - b.quality);
  }

  get #points(): Point[] {
    return this.#curve.map(({ quality, samples }) => pointOf(quality, samples));
  }

  /** The lowest whole quality that reaches the target; undefined if none does. */
  get result(): Point | undefined {
    const [lowest] = this.#points;
    // Further down was not searched, or there is nothing.
    if (lowest && lowest.score >= this.#target) return lowest;
    const found = atScore(this.#curve, this.#target);
    const quality = found && Math.ceil(found.quality - 0.01);
    return quality === undefined || quality > 100 ? undefined : atQuality(this.#curve, quality);
  }

  /** A quality beyond the end of what was measured, where the line of the last two meets the target. */
  #beyond(other: Point | undefined, end: Point, way: 1 | -1): number {
    const gained = other ? (end.score - other.score) / (end.quality - other.quality) : 0;
    // Encoders gain less and less: a flat line would lead too far.
    const steps = Math.min(FARTHEST, 1 / Math.max(gained, 1 / FARTHEST));
    const distance = Math.min(30, Math.abs(this.#target - end.score) * steps + 1);
    return within(Math.round(end.quality + way * distance));
  }
}

/** The most steps of quality that a point of the score is taken for. */
const FARTHEST = 4;

function within(quality: number): number {
  return Math.min(100, Math.max(1, quality));
}
