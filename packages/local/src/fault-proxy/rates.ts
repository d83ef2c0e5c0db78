import type { Call, Service } from "./call.ts";
import { type Decide, FAULTS, type FaultKind } from "./fault.ts";

/** The share of calls with each fault, 0 to 1; together 1 at most. */
export type Rates = Readonly<Partial<Record<FaultKind, number>>>;

export interface RateOptions {
  readonly seed: number;
  /** For all other calls. */
  readonly rates: Rates;
  /** For a service (`s3`) or an operation (`s3.PutObject`): only the most specific entry applies. */
  readonly only?: Readonly<Partial<Record<Service | `${Service}.${string}`, Rates>>>;
  /** The longest delay in ms. The average is a quarter of it. */
  readonly longestMs?: number;
}

const LONGEST_MS = 200;

/**
 * Random faults. The n-th call of an operation has the same fault for the same seed, in any order of
 * operations.
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
      // The rest of the random number determines the length of a delay.
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
  throw new RangeError(
    `${name} is ${JSON.stringify(rates)}: use at least 0 for each and at most 1 for their sum`,
  );
}

/** A uniform number in [0, 1) for a text: FNV-1a and murmur3's finalizer. */
function chance(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
