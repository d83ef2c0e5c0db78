import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffSeconds } from "./backoff.ts";

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it("is between half of 2^n s and 2^n s, from 1 s to 15 min", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), random, (receives, chance) => {
      const full = Math.min(900, 2 ** receives);
      const seconds = backoffSeconds(receives, chance);
      expect(seconds).toBeGreaterThanOrEqual(Math.max(1, Math.floor(full / 2)));
      expect(seconds).toBeLessThanOrEqual(Math.ceil(full));
      expect(Number.isInteger(seconds)).toBe(true);
    }),
  );
});

it("spreads messages that failed together", () => {
  expect(backoffSeconds(5, 0)).toBe(16);
  expect(backoffSeconds(5, 0.999)).toBe(32);
});
