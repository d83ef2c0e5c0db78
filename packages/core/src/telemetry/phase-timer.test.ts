import fc from "fast-check";
import { expect, it } from "vitest";
import { PHASES, PhaseTimer, phaseTimes } from "./phase-timer.ts";

/** A clock that advances by a step before each read. */
function clock(steps: readonly number[]) {
  let at = 1000;
  let looked = 0;
  return () => {
    at += steps[looked] ?? 0;
    looked += 1;
    return at;
  };
}

it("leaves no time out between two phases, and counts none twice", () => {
  const entered = fc.array(fc.tuple(fc.constantFrom(...PHASES), fc.nat(10_000)), { minLength: 1 });
  fc.assert(
    fc.property(entered, fc.nat(10_000), (stays, last) => {
      const changes = stays.filter(([phase], at) => phase !== stays[at - 1]?.[0]);
      const now = clock([...changes.map(([, ms]) => ms), last]);
      const watch = new PhaseTimer(now);
      for (const [phase] of stays) watch.enter(phase);
      const timings = watch.stop();
      expect(timings.map(({ phase }) => phase)).toEqual(changes.map(([phase]) => phase));
      expect(timings.slice(1).map(({ from }) => from)).toEqual(
        timings.slice(0, -1).map(({ to }) => to),
      );
      const whole = (timings.at(-1)?.to ?? 0) - (timings[0]?.from ?? 0);
      const sum = [...phaseTimes(timings).values()].reduce((all, ms) => all + ms, 0);
      expect(sum).toBe(whole);
    }),
  );
});

it("starts no phase after its end, and no phase ends before it starts", () => {
  const watch = new PhaseTimer(clock([0, -5, 100]));
  watch.enter("fetch");
  const timings = watch.stop();
  watch.enter("decode");
  watch.enter("store");
  expect(watch.stop()).toBe(timings);
  expect(timings).toEqual([{ phase: "fetch", from: 1000, to: 1000 }]);
  expect(new PhaseTimer(Date.now).stop()).toEqual([]);
});
