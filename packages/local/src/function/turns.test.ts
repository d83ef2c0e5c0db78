import fc from "fast-check";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("in any interleaving: never more than allowed, all get in, first come first served", async () => {
  const arbitrary = fc.record({
    atOnce: fc.integer({ min: 1, max: 4 }),
    failing: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
    s: fc.scheduler(),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ atOnce, failing, s }) => {
      const turns = new Turns(atOnce);
      const asked: number[] = [];
      const begun: number[] = [];
      let inside = 0;
      let most = 0;
      const all = failing.map(async (fails, name) => {
        await s.schedule(Promise.resolve(), `${name} comes`);
        asked.push(name);
        await turns
          .take(async () => {
            begun.push(name);
            inside += 1;
            most = Math.max(most, inside);
            await s.schedule(Promise.resolve(), `${name} works`);
            inside -= 1;
            if (fails) throw new Error("work failed");
          })
          .catch(() => {});
      });
      await s.waitFor(Promise.all(all));
      expect(begun).toEqual(asked);
      expect(most).toBeLessThanOrEqual(atOnce);
    }),
  );
});
