import fc from "fast-check";
import { expect, it } from "vitest";
import { groupBy } from "./tally.ts";

it("a group has the time of its oldest, and the time and the message of its newest dead letter", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), (times) => {
      const deadLetters = times.map((lastAttemptAt) => ({
        ...({ id: "1", lane: "small", reason: "Internal", redriveCount: 0 } as const),
        ...{ message: `at ${lastAttemptAt}`, lastAttemptAt },
      }));
      const newest = Math.max(...times);
      expect(groupBy(deadLetters, () => "all")).toMatchObject([
        { oldest: Math.min(...times), newest, example: `at ${newest}` },
      ]);
    }),
  );
});
