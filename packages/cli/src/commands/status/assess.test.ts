import fc from "fast-check";
import { expect, it, test } from "vitest";
import { assess, emptyInSeconds, STATES } from "./assess.ts";
import type { LaneStatus, Status } from "./snapshot.ts";

const AT = Date.UTC(2026, 10, 21);
const EMPTY: LaneStatus = {
  waiting: 0,
  inFlight: 0,
  perSecond: undefined,
  oldestSeconds: undefined,
  idleSeconds: 0,
};

type Parts = Omit<Partial<Status>, "lanes"> & {
  small?: Partial<LaneStatus>;
  large?: Partial<LaneStatus>;
};

function statusOf({ small, large, ...rest }: Parts): Status {
  return {
    at: AT,
    lanes: { small: { ...EMPTY, ...small }, large: { ...EMPTY, ...large } },
    deadLetters: { small: 0, large: 0 },
    reasons: [],
    reasonsAt: AT,
    ...rest,
  };
}

function reason(name: string, deadLetters: number, secondsAgo = 86_400) {
  const at = AT - secondsAgo * 1000;
  const lanes = { small: deadLetters, large: 0 };
  return { name, deadLetters, lanes, oldest: at, newest: at, mainReason: name, example: "" };
}

test.each<[string, Parts, string]>([
  ["well", {}, "All is well: nothing waits and there are no dead letters."],
  [
    "busy",
    { small: { waiting: 128, inFlight: 10, perSecond: -14 } },
    "128 messages wait in the small lane; at 14/s it is empty in about 10 s.",
  ],
  [
    "busy",
    { small: { waiting: 1 }, large: { inFlight: 1, perSecond: -0.2 } },
    "1 message waits in the small lane. 1 message of the large lane is in flight; at 0.2/s the lane is empty in about 5 s.",
  ],
  [
    "busy",
    { small: { waiting: 128, perSecond: 3 } },
    "128 messages wait in the small lane; it grows by 3.0/s.",
  ],
  ["busy", { small: { waiting: 2, perSecond: 0.01 } }, "2 messages wait in the small lane."],
  // A task starts.
  ["busy", { large: { waiting: 2, idleSeconds: 120 } }, "2 messages wait in the large lane."],
  [
    "attention",
    { small: { waiting: 2, idleSeconds: 120 } },
    "The small lane has had messages for 2 min and none is in flight.",
  ],
  [
    "attention",
    { large: { waiting: 2, oldestSeconds: 840 } },
    "The large lane has had messages for 14 min and none is in flight.",
  ],
  [
    "trouble",
    { large: { waiting: 2, oldestSeconds: 900 } },
    "The large lane has had messages for 15 min and none is in flight: no worker task receives them.",
  ],
  [
    "trouble",
    { small: { waiting: 2, idleSeconds: 900 } },
    "The small lane has had messages for 15 min and none is in flight: the function does not receive them.",
  ],
  // Large sources take long, and the lane works.
  [
    "busy",
    { large: { waiting: 9, inFlight: 1, oldestSeconds: 3600, perSecond: 0 } },
    "9 messages wait in the large lane.",
  ],
  [
    "attention",
    { small: { waiting: 900, inFlight: 80, oldestSeconds: 1500, perSecond: -14 } },
    "The oldest message of the small lane is 25 min old; at 14/s the lane is empty in about 1 min.",
  ],
  [
    "attention",
    { small: { waiting: 900, inFlight: 80, oldestSeconds: 1500 } },
    "The oldest message of the small lane is 25 min old.",
  ],
  [
    "trouble",
    { small: { waiting: 900, inFlight: 80, oldestSeconds: 1500, perSecond: 0 } },
    "The oldest message of the small lane is 25 min old, and the lane does not shrink.",
  ],
  [
    "trouble",
    { large: { waiting: 900, inFlight: 4, oldestSeconds: 7200, perSecond: 14 } },
    "The oldest message of the large lane is 2 h old; the lane grows by 14/s.",
  ],
  [
    "attention",
    {
      deadLetters: { small: 410, large: 2 },
      reasons: [reason("SourceCorrupt", 400, 1), reason("Internal", 12)],
    },
    "412 dead letters, most with SourceCorrupt.",
  ],
  [
    "attention",
    {
      deadLetters: { small: 412, large: 0 },
      reasons: [reason("SourceCorrupt", 200), reason("Internal", 150), reason("TimedOut", 62)],
    },
    "412 dead letters, the most common reason is SourceCorrupt.",
  ],
  [
    "attention",
    { deadLetters: { small: 1, large: 0 }, reasons: [reason("Crashed", 1, 1)] },
    "1 dead letter, with Crashed.",
  ],
  [
    "attention",
    { deadLetters: { small: 3, large: 0 }, reasons: [reason("DiskFull", 3)] },
    "3 dead letters, all with DiskFull.",
  ],
  ["attention", { deadLetters: { small: 3, large: 0 } }, "3 dead letters."],
  // The cause concerns all work, and lasts.
  [
    "trouble",
    {
      deadLetters: { small: 412, large: 0 },
      reasons: [reason("SourceCorrupt", 400), reason("Throttled", 12, 120)],
    },
    "12 dead letters with Throttled, the last 2 min ago.",
  ],
  // At most two facts, the most severe first.
  [
    "trouble",
    {
      small: { waiting: 5, perSecond: -1 },
      large: { waiting: 2, oldestSeconds: 900 },
      deadLetters: { small: 1, large: 0 },
      reasons: [reason("SourceEmpty", 1)],
    },
    "The large lane has had messages for 15 min and none is in flight: no worker task receives them. 1 dead letter, with SourceEmpty.",
  ],
])("%s: %j", (state, parts, sentence) => {
  expect(assess(statusOf(parts))).toEqual({ state, sentence });
});

const count = fc.nat({ max: 3 });
const seconds = fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 1e6 }));
const lane = fc.record({
  waiting: count,
  inFlight: count,
  perSecond: fc.option(fc.double({ min: -100, max: 100, noNaN: true }), { nil: undefined }),
  oldestSeconds: fc.option(seconds, { nil: undefined }),
  idleSeconds: seconds,
});
const anyStatus = fc
  .record({ small: lane, large: lane, dead: fc.record({ small: count, large: count }) })
  .chain(({ small, large, dead }) => {
    const total = dead.small + dead.large;
    const names = fc.constantFrom("SourceCorrupt", "Internal", "Crashed", "Throttled");
    const reasons = fc.tuple(names, seconds).map(([name, ago]) => [reason(name, total, ago)]);
    return (total === 0 ? fc.constant([]) : reasons).map((some) =>
      statusOf({ small, large, deadLetters: dead, reasons: some }),
    );
  });

const severity = (status: Status) => STATES.indexOf(assess(status).state);

it("is well exactly when nothing waits, nothing is in flight and there are no dead letters", () => {
  fc.assert(
    fc.property(anyStatus, (status) => {
      const { small, large } = status.lanes;
      const messages = small.waiting + small.inFlight + large.waiting + large.inFlight;
      const dead = status.deadLetters.small + status.deadLetters.large;
      const { state, sentence } = assess(status);
      expect(state === "well").toBe(messages + dead === 0);
      if (dead > 0) expect(["attention", "trouble"]).toContain(state);
      expect(sentence).toMatch(/^[A-Z1-9].*\.$/);
      expect(sentence).not.toMatch(/undefined|NaN|Infinity/);
    }),
  );
});

it("is never less severe with more dead letters, or when messages have waited longer", () => {
  fc.assert(
    fc.property(
      anyStatus,
      fc.constantFrom("small" as const, "large" as const),
      fc.record({ dead: count, oldest: seconds, idle: seconds }),
      (status, name, more) => {
        const before = status.lanes[name];
        const { oldestSeconds } = before;
        const worse = {
          ...status,
          lanes: {
            ...status.lanes,
            [name]: {
              ...before,
              ...(oldestSeconds !== undefined && { oldestSeconds: oldestSeconds + more.oldest }),
              idleSeconds: before.idleSeconds + more.idle,
            },
          },
          deadLetters: {
            ...status.deadLetters,
            [name]: status.deadLetters[name] + more.dead,
          },
        };
        expect(severity(worse)).toBeGreaterThanOrEqual(severity(status));
      },
    ),
  );
});

it("forecasts when a lane is empty only while it shrinks", () => {
  fc.assert(
    fc.property(lane, (each) => {
      const left = emptyInSeconds(each);
      if (each.waiting + each.inFlight === 0) expect(left).toBe(0);
      else if (each.perSecond === undefined || each.perSecond > -0.05) expect(left).toBeUndefined();
      else expect((left ?? 0) * -each.perSecond).toBeCloseTo(each.waiting + each.inFlight);
    }),
  );
});
