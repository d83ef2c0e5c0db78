import { median, medianRatio, rounded } from "../measure/statistics.ts";
import type { Bar } from "../runner.ts";

/** The ratios of one picture: medians over rounds of CPU times of the same round. */
export interface ResizeRatios {
  /** Ours over the floor of the design: sharp asked for 1/8 of each side, and the three encodes. */
  readonly floorRatio: number;
  /** Ours over a decode at exactly 1/8 scale, even if that has too few pixels, and the encodes. */
  readonly eighthRatio: number;
  /** Ours over a decode at the smallest scale with enough pixels, and the encodes. */
  readonly reachableRatio: number;
  /** The better of one pipeline per size and `.clone()` per size, over ours. */
  readonly idiomSpeedup: number;
  readonly ipxSpeedup: number;
  readonly pillowSpeedup?: number;
  readonly imagemagickSpeedup?: number;
  readonly vipsthumbnailSpeedup?: number;
}

export const RATIOS = [
  "floorRatio",
  "eighthRatio",
  "reachableRatio",
  "idiomSpeedup",
  "ipxSpeedup",
  "pillowSpeedup",
  "imagemagickSpeedup",
  "vipsthumbnailSpeedup",
] as const satisfies readonly (keyof ResizeRatios)[];

export interface ResizeFigures extends ResizeRatios {
  readonly megapixels: number;
  /** CPU ms of all three renditions, by contestant. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly bars: readonly Bar[];
}

/** @param rounds CPU ms of each contestant, round by round */
export function figuresOf(
  megapixels: number,
  rounds: ReadonlyMap<string, readonly number[]>,
): ResizeFigures {
  const of = (name: string): readonly number[] => {
    const values = rounds.get(name);
    if (values === undefined) throw new Error(`the contestant ${name} was not measured`);
    return values;
  };
  const plus = (some: readonly number[], more: readonly number[]) =>
    some.map((value, round) => value + (more[round] ?? Number.NaN));
  const speedup = (name: string) => medianRatio(of(name), of("ours"));
  const optional = <Field extends string>(field: Field, name: string) =>
    rounds.has(name) ? { [field]: speedup(name) } : {};

  const floor = plus(of("decodeFloor"), of("encodes"));
  const eighth = plus(of("decodeEighth"), of("encodes"));
  const reachable = plus(of("decodeEnough"), of("encodes"));
  const ratios: ResizeRatios = {
    floorRatio: medianRatio(of("ours"), floor),
    eighthRatio: medianRatio(of("ours"), eighth),
    reachableRatio: medianRatio(of("ours"), reachable),
    idiomSpeedup: Math.min(speedup("idiom"), speedup("clone")),
    ipxSpeedup: speedup("ipx"),
    ...optional("pillowSpeedup", "pillow"),
    ...optional("imagemagickSpeedup", "imagemagick"),
    ...optional("vipsthumbnailSpeedup", "vipsthumbnail"),
  };
  const cpuMs = Object.fromEntries(
    [...rounds, ...Object.entries({ floor, eighth, reachable })].map(([name, values]) => [
      name,
      rounded(median(values)),
    ]),
  );
  return { megapixels, cpuMs, ...ratios, bars: barsOf(megapixels, ratios) };
}

/** A program that is not installed has no bar. */
function barsOf(megapixels: number, ratios: ResizeRatios): Bar[] {
  const bar = (field: keyof ResizeRatios, limit: Pick<Bar, "most" | "least">): Bar[] => {
    const is = ratios[field];
    return is === undefined ? [] : [{ what: `${field} at ${megapixels} MP`, is, ...limit }];
  };
  if (megapixels < 12) return bar("idiomSpeedup", { least: 1.5 });
  return [
    ...bar("floorRatio", { most: 1.15 }),
    ...bar("idiomSpeedup", { least: 2 }),
    ...bar("pillowSpeedup", { least: 3.5 }),
  ];
}
