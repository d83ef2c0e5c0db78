import { median, rounded } from "../measure/statistics.ts";

/** What must hold for a picture of so many megapixels. */
export interface Bars {
  readonly floorRatio?: number;
  readonly idiomSpeedup: number;
  readonly pillowSpeedup?: number;
}

export function barsFor(megapixels: number): Bars {
  return megapixels >= 12
    ? { floorRatio: 1.15, idiomSpeedup: 2, pillowSpeedup: 3.5 }
    : { idiomSpeedup: 1.5 };
}

/** Of one picture. Speedups and ratios are medians over rounds, of CPU times of the same round. */
export interface LadderFigures {
  readonly megapixels: number;
  /** CPU ms of all three renditions, by side. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** Ours over the design's floor: sharp asked for an eighth of each side, and the three encodes. */
  readonly floorRatio: number;
  /** Ours over decoding at 1/8 scale to the dead letter, whether or not 1/8 has px enough, and the encodes. */
  readonly eighthRatio: number;
  /** Ours over decoding at the smallest scale that has the px of the largest, and the encodes. */
  readonly reachableRatio: number;
  /** The better of a pipeline a size and `.clone()` a size, over ours. */
  readonly idiomSpeedup: number;
  readonly ipxSpeedup: number;
  readonly pillowSpeedup?: number;
  readonly imagemagickSpeedup?: number;
  readonly vipsthumbnailSpeedup?: number;
  /** The bars that were not met, by field. */
  readonly missed: readonly string[];
}

/** @param rounds of each side, CPU ms round by round */
export function figuresOf(
  megapixels: number,
  rounds: ReadonlyMap<string, readonly number[]>,
): LadderFigures {
  const of = (side: string): readonly number[] => {
    const values = rounds.get(side);
    if (values === undefined) throw new Error(`the side ${side} was not measured`);
    return values;
  };
  const plus = (some: readonly number[], more: readonly number[]) =>
    some.map((value, round) => value + (more[round] ?? Number.NaN));
  const over = (some: readonly number[], base: readonly number[]) =>
    rounded(median(some.map((value, round) => value / (base[round] ?? Number.NaN))));
  const speedup = (side: string) => over(of(side), of("ours"));
  const optional = <Field extends string>(field: Field, side: string) =>
    rounds.has(side) ? { [field]: speedup(side) } : {};

  const floor = plus(of("decodeFloor"), of("encodes"));
  const eighth = plus(of("decodeEighth"), of("encodes"));
  const reachable = plus(of("decodeEnough"), of("encodes"));
  const ratios = {
    floorRatio: over(of("ours"), floor),
    eighthRatio: over(of("ours"), eighth),
    reachableRatio: over(of("ours"), reachable),
    idiomSpeedup: Math.min(speedup("idiom"), speedup("clone")),
    ipxSpeedup: speedup("ipx"),
    ...optional("pillowSpeedup", "pillow"),
    ...optional("imagemagickSpeedup", "imagemagick"),
    ...optional("vipsthumbnailSpeedup", "vipsthumbnail"),
  };
  const cpuMs = Object.fromEntries(
    [...rounds, ...Object.entries({ floor, eighth, reachable })].map(([side, values]) => [
      side,
      rounded(median(values)),
    ]),
  );
  return { megapixels, cpuMs, ...ratios, missed: missed(barsFor(megapixels), ratios) };
}

type Ratios = Readonly<Partial<Record<keyof Bars, number>>>;

function missed(bars: Bars, { floorRatio = 0, idiomSpeedup = 0, pillowSpeedup }: Ratios): string[] {
  const fields: string[] = [];
  if (bars.floorRatio !== undefined && floorRatio > bars.floorRatio) fields.push("floorRatio");
  if (idiomSpeedup < bars.idiomSpeedup) fields.push("idiomSpeedup");
  // What is not on the machine is said, and is no miss.
  if (bars.pillowSpeedup !== undefined && pillowSpeedup !== undefined) {
    if (pillowSpeedup < bars.pillowSpeedup) fields.push("pillowSpeedup");
  }
  return fields;
}
