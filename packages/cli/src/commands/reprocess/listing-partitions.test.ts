import { compareKeys } from "@imagefleet/core/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import { rangesBetween } from "./listing-partitions.ts";

test("each key is in exactly one range", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "ü", "🐱"), maxLength: 5 });
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 40 }), key, (edges, one) => {
      const ranges = rangesBetween(edges.toSorted(compareKeys));
      const within = ranges.filter(
        ({ after, upTo }) =>
          (after === undefined || compareKeys(one, after) > 0) &&
          (upTo === undefined || compareKeys(one, upTo) <= 0),
      );
      expect(within).toHaveLength(1);
    }),
  );
});
