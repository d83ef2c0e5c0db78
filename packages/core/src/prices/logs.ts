import { PRICES } from "./prices.ts";

/** The START, END and REPORT lines that Lambda logs. */
const PLATFORM_LOG_BYTES = 400;

/**
 * The price of what a function has logged, USD.
 *
 * @param bytes of its own lines
 * @param invocations each of which adds lines of Lambda's own
 */
export function logPrice(bytes: number, invocations: number): number {
  return ((bytes + invocations * PLATFORM_LOG_BYTES) / 2 ** 30) * PRICES.cloudwatch.logGib;
}
