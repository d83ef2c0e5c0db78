import { byRates, type Decide } from "@imagefleet/local/fault-proxy";
import type { ChaosOptions } from "./options.ts";
import { RACE_FOLDER } from "./sources/index.ts";

/** Long enough for another job of the key to start and end in between. */
const LONGEST_DELAY_MS = 3_000;

/**
 * For this share of the jobs on raced keys, one rendition is written so late that another job of the key
 * ends before, but within the function's timeout; ms.
 */
const RACE_DELAYS = 0.2;
const RACE_LEAST_MS = 2_000;
const RACE_MORE_MS = 2_000;

/** The faults of calls from the options. */
export function faultsOf({ seed, errors, resets, lostAnswers, delays }: ChaosOptions): Decide {
  const rates = {
    delay: delays,
    InternalError: errors * 0.5,
    SlowDown: errors * 0.3,
    TooManyRequests: errors * 0.2,
    reset: resets * 0.4,
    cutRequest: resets * 0.2,
    cutResponse: resets * 0.4,
    lostAnswer: lostAnswers,
  };
  const usual = byRates({ seed, rates, longestMs: LONGEST_DELAY_MS });
  if (delays === 0) return usual;
  const late = byRates({ seed, rates: { delay: RACE_DELAYS }, longestMs: RACE_MORE_MS });
  return async (call, body) => {
    const races = call.operation === "PutObject" && call.path.includes(`/thumb/${RACE_FOLDER}/`);
    const fault = races ? await late(call, body) : undefined;
    if (fault?.kind === "delay") return { kind: "delay", ms: RACE_LEAST_MS + fault.ms };
    return usual(call, body);
  };
}
