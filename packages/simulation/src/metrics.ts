import type { Chance } from "./chance.ts";
import { value } from "./constants.ts";
import { Histogram } from "./histogram.ts";

/** A metric's values of one minute. */
export interface Datum {
  readonly sum: number;
  readonly count: number;
  readonly max: number;
  readonly min: number;
  /** Only where an alarm asks for a percentile. */
  readonly values?: Histogram | undefined;
}

export interface Lateness {
  /** s after its minute until a metric can be read */
  readonly least: number;
  readonly most: number;
  /** The share of a metric's minutes that never come. */
  readonly missing: number;
}

const PERIOD = value("metricPeriod");

/** Minutes that are kept: more than any alarm looks back. */
const KEPT = 3 * 60;

/** A metric of which each minute comes late, or never. */
export class MetricSeries {
  readonly #data: (Datum | undefined)[] = [];
  /** When each can be read, s. */
  readonly #from: number[] = [];

  record(minute: number, datum: Datum, from: number): void {
    // Without holes, which would make the arrays slow.
    while (this.#data.length <= minute) {
      this.#data.push(undefined);
      this.#from.push(0);
    }
    this.#data[minute] = datum;
    this.#from[minute] = from;
    if (minute >= KEPT) this.#data[minute - KEPT] = undefined;
  }

  /** What can be read of a minute now. */
  read(minute: number, now: number): Datum | undefined {
    const datum = this.#data[minute];
    return datum !== undefined && (this.#from[minute] ?? 0) <= now ? datum : undefined;
  }

  /** The statistic of the minutes that can be read now; undefined without any. */
  statistic(stat: string, from: number, to: number, now: number): number | undefined {
    let [sum, count, max, min] = [0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let minute = Math.max(0, from); minute <= to; minute++) {
      const datum = this.read(minute, now);
      if (datum === undefined) continue;
      sum += datum.sum;
      count += datum.count;
      if (datum.max > max) max = datum.max;
      if (datum.min < min) min = datum.min;
    }
    if (count === 0) return undefined;
    if (stat === "Maximum") return max;
    if (stat === "Sum") return sum;
    if (stat === "Average") return sum / count;
    if (stat === "Minimum") return min;
    if (stat === "SampleCount") return count;
    const [, percent] = /^p(\d+(?:\.\d+)?)$/.exec(stat) ?? [];
    if (percent === undefined) throw new SyntaxError(`the statistic ${stat} is not modeled`);
    const parts: (Histogram | undefined)[] = [];
    for (let minute = Math.max(0, from); minute <= to; minute++) {
      parts.push(this.read(minute, now)?.values);
    }
    return Histogram.of(parts).percentile(Number(percent) / 100);
  }
}

/** A datum of one value. */
export function single(each: number): Datum {
  return { sum: each, count: 1, max: each, min: each };
}

/** CloudWatch's metrics, of which each minute comes late, or never. */
export class Metrics {
  readonly #series = new Map<string, MetricSeries>();
  /** How late the metrics of each source are that ended with `#minute`, s. */
  readonly #late = new Map<string, number>();
  #minute = -1;
  readonly #chance: Chance;
  readonly #lateness: Lateness;

  constructor(chance: Chance, lateness: Lateness) {
    this.#chance = chance;
    this.#lateness = lateness;
  }

  /**
   * @param minute that has just ended, from the beginning
   * @param source the queue or function: its metrics of a minute come together, or not at all
   */
  record(id: string, minute: number, datum: Datum, source: string): void {
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#late.clear();
    }
    const late = this.#late.get(source) ?? this.#draw();
    this.#late.set(source, late);
    if (late === Number.POSITIVE_INFINITY) return;
    this.series(id).record(minute, datum, (minute + 1) * PERIOD + late);
  }

  series(id: string): MetricSeries {
    const known = this.#series.get(id);
    if (known !== undefined) return known;
    const made = new MetricSeries();
    this.#series.set(id, made);
    return made;
  }

  #draw(): number {
    const { least, most, missing } = this.#lateness;
    if (missing > 0 && this.#chance.is(missing)) return Number.POSITIVE_INFINITY;
    return least === most ? least : this.#chance.between(least, most);
  }
}

/** A metric's identity in CloudWatch. */
export function metricId(
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
): string {
  const parts = Object.entries(dimensions).map(([key, each]) => `${key}=${each}`);
  return [namespace, name, ...parts.sort()].join("|");
}
