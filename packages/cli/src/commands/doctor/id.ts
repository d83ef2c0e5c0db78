import { randomInt } from "node:crypto";

/** Crockford's base 32. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** A ULID: sorts by its time, and is nobody else's. https://github.com/ulid/spec */
export function ulid(now = Date.now()): string {
  const time = Array.from({ length: TIME_DIGITS }, (_unused, at) =>
    DIGITS.charAt(Math.floor(now / 32 ** (TIME_DIGITS - 1 - at)) % 32),
  );
  const random = Array.from({ length: RANDOM_DIGITS }, () => DIGITS.charAt(randomInt(32)));
  return [...time, ...random].join("");
}
