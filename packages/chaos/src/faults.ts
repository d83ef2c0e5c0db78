import { byRates, type Decide } from "@imagefleet/local/fault-proxy";
import type { ChaosOptions } from "./options.ts";
import { RACE_FOLDER } from "./sources/index.ts";

/** Long enough for another job on the same key to begin and end meanwhile. */
const LONGEST_DELAY_MS = 3_000;

/**
 * Of what is written for the keys of a race, this share comes late; as late, ms, as the function's
 * time allows: then another job on the key ends before this one.
 */
const RACE_DELAYS = 0.2;
const LONGEST_RACE_MS = 5_000;

/** What the options ask to go wrong on the wire. */
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
  const longestMs = LONGEST_DELAY_MS;
  const usual = byRates({ seed, rates, longestMs });
  if (delays === 0) return usual;
  const racing = byRates({ seed, rates: { delay: RACE_DELAYS }, longestMs: LONGEST_RACE_MS });
  return (call, body) => {
    const races = call.operation === "PutObject" && call.path.includes(`/${RACE_FOLDER}/`);
    return (races ? racing : usual)(call, body);
  };
}
