import type { Call, Service } from "./call.ts";
import { type Decide, FAULTS, type FaultKind } from "./fault.ts";

/** The share of calls that a fault befalls, 0 to 1 each; together 1 at most. */
export type Rates = Readonly<Partial<Record<FaultKind, number>>>;

export interface RateOptions {
  readonly seed: number;
  /** For calls that nothing below names. */
  readonly rates: Rates;
  /** For all operations of a service (`s3`) or for one (`s3.PutObject`): the closest counts alone. */
  readonly only?: Readonly<Partial<Record<Service | `${Service}.${string}`, Rates>>>;
  /** The longest delay, ms. Most are much shorter: a quarter of it on average. */
  readonly longestMs?: number;
}

const LONGEST_MS = 200;

/**
 * Faults by chance. The n-th call of an operation meets the same fate for the same seed, in
 * whichever order operations are mixed.
 */
export function byRates({ seed, rates, only = {}, longestMs = LONGEST_MS }: RateOptions): Decide {
  for (const [name, each] of [["rates", rates] as const, ...Object.entries(only)]) {
    check(name, each ?? {});
  }
  const seen = new Map<string, number>();
  return ({ service, operation }: Call) => {
    const name = `${service}.${operation}` as const;
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    let left = chance(`${seed} ${name} ${nth}`);
    const mine = only[name] ?? only[service] ?? rates;
    for (const kind of FAULTS) {
      const rate = mine[kind] ?? 0;
      // What is left of the draw is as good a draw for the length of a delay.
      if (left < rate) {
        return kind === "delay" ? { kind, ms: (left / rate) ** 3 * longestMs } : { kind };
      }
      left -= rate;
    }
    return undefined;
  };
}

function check(name: string, rates: Rates): void {
  const values = Object.values(rates);
  const sum = values.reduce((total, rate) => total + rate, 0);
  if (values.every((rate) => rate >= 0) && sum <= 1) return;
  throw new RangeError(`${name} is ${JSON.stringify(rates)}: each from 0, together 1 at most`);
}

/** In [0, 1), spread evenly, the same for the same text: FNV-1a, then murmur3's finish. */
function chance(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
