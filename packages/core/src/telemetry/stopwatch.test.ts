import fc from "fast-check";
import { expect, it } from "vitest";
import { STAGES, Stopwatch, stageTimes } from "./stopwatch.ts";

/** A clock that goes on by so much before each look. */
function clock(steps: readonly number[]) {
  let at = 1000;
  let looked = 0;
  return () => {
    at += steps[looked] ?? 0;
    looked += 1;
    return at;
  };
}

it("leaves no time out between two stages, and counts none twice", () => {
  const entered = fc.array(fc.tuple(fc.constantFrom(...STAGES), fc.nat(10_000)), { minLength: 1 });
  fc.assert(
    fc.property(entered, fc.nat(10_000), (stays, last) => {
      const changes = stays.filter(([stage], at) => stage !== stays[at - 1]?.[0]);
      const now = clock([...changes.map(([, ms]) => ms), last]);
      const watch = new Stopwatch(now);
      for (const [stage] of stays) watch.enter(stage);
      const laps = watch.stop();
      expect(laps.map(({ stage }) => stage)).toEqual(changes.map(([stage]) => stage));
      expect(laps.slice(1).map(({ from }) => from)).toEqual(laps.slice(0, -1).map(({ to }) => to));
      const whole = (laps.at(-1)?.to ?? 0) - (laps[0]?.from ?? 0);
      const sum = [...stageTimes(laps).values()].reduce((all, ms) => all + ms, 0);
      expect(sum).toBe(whole);
    }),
  );
});

it("knows no stage after its end, and none that ends before it began", () => {
  const watch = new Stopwatch(clock([0, -5, 100]));
  watch.enter("fetch");
  const laps = watch.stop();
  watch.enter("decode");
  watch.enter("store");
  expect(watch.stop()).toBe(laps);
  expect(laps).toEqual([{ stage: "fetch", from: 1000, to: 1000 }]);
  expect(new Stopwatch(Date.now).stop()).toEqual([]);
});
