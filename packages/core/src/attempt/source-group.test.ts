import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobMessage } from "../intake/index.ts";
import { DEAD_LETTER_ATTRIBUTES, type ReceivedMessage } from "../queue/index.ts";
import { scheduleBatch } from "./batch-schedule.ts";
import { groupBySource, readMessage, type SourceGroup } from "./source-group.ts";

function message(id: string, keys: readonly string[], receiveCount = 1): ReceivedMessage {
  const record = (key: string) => ({
    eventSource: "aws:s3",
    eventName: "ObjectCreated:Put",
    s3: { bucket: { name: "b" }, object: { key, size: 1 } },
  });
  const body = JSON.stringify({ Records: keys.map(record) });
  return {
    id,
    receiptHandle: id,
    body,
    attributes: {},
    receiveCount,
    sentAt: 0,
    firstReceivedAt: 0,
  };
}

const messages = fc
  .array(
    fc.record({
      keys: fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 1, maxLength: 3 }),
      receiveCount: fc.constantFrom(1, 1, 1, 2, 5),
    }),
    { maxLength: 10 },
  )
  .map((drafts) =>
    drafts.map(({ keys, receiveCount }, at) => message(`m${at}`, keys, receiveCount)),
  );

const keysOf = ({ body }: ReceivedMessage) => body.match(/(?<="key":")\w/g) ?? [];

describe("unitsOf", () => {
  it("puts each message into one unit, and no source into two", () => {
    fc.assert(
      fc.property(messages, (received) => {
        const groups = groupBySource(received, 30);
        expect(
          groups
            .flatMap((group) => group.messages)
            .map(({ id }) => id)
            .sort(),
        ).toEqual(received.map(({ id }) => id).sort());
        const sources = groups.map((group) => new Set(group.messages.flatMap(keysOf)));
        const all = sources.flatMap((set) => [...set]);
        expect(all).toHaveLength(new Set(all).size);
        for (const group of groups) {
          expect(group.suspect).toBe(group.messages.some(({ receiveCount }) => receiveCount > 1));
        }
      }),
    );
  });

  it("unites what nothing but a third message connects, and no more", () => {
    const received = [
      message("1", ["a"]),
      message("2", ["b"]),
      message("3", ["c"]),
      message("4", ["a", "b"]),
    ];
    const ids = groupBySource(received, 30).map((group) => group.messages.map(({ id }) => id));
    expect(ids).toEqual([["1", "2", "4"], ["3"]]);
  });

  it("tells buckets apart, and suspects what a sender says was begun", () => {
    const body = (bucket: string, mayHaveRun: boolean) =>
      jobMessage({ bucket, key: "a", mayHaveRun, force: false });
    const received = [
      { ...message("1", []), body: body("b1", false) },
      { ...message("2", []), body: body("b2", true) },
      { ...message("3", []), body: "no JSON", receiveCount: 4 },
      // Redriven: the first died with its program, the second was given up by one.
      { ...message("4", ["d"]), attributes: { [DEAD_LETTER_ATTRIBUTES.redriveCount]: "1" } },
      { ...message("5", ["e"]), attributes: { [DEAD_LETTER_ATTRIBUTES.reason]: "Throttled" } },
      { ...message("7", ["g"]), attributes: { RedriveCount: "1", RedriveOf: "Throttled" } },
      { ...message("6", ["f"], 2), attributes: { [DEAD_LETTER_ATTRIBUTES.reason]: "Throttled" } },
    ];
    const suspects = groupBySource(received, 30).map(({ suspect }) => suspect);
    expect(suspects).toEqual([false, true, false, true, false, false, true]);
  });
});

describe("lineUp", () => {
  const group = (...counts: number[]): SourceGroup => ({
    messages: counts.map((count, at) => message(`${at}`, ["a"], count)),
    suspect: true,
  });

  it("begins with one that may be received no more, and ends with suspects, those received least first", () => {
    const [twice, thrice, last, also] = [group(2), group(3, 1), group(5), group(2, 6)];
    const fresh = { ...group(1), suspect: false };
    expect(scheduleBatch([thrice, last, fresh, twice, also], 5)).toEqual({
      last,
      fresh: [fresh],
      suspects: [twice, thrice],
      toRequeue: [also],
    });
  });

  it("leaves none out, and none on its last receive behind another", () => {
    const counts = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }));
    fc.assert(
      fc.property(counts, (drafts) => {
        const groups = drafts.map((draft) => ({
          ...group(...draft),
          suspect: draft.some((count) => count > 1),
        }));
        const { last, fresh, suspects, toRequeue } = scheduleBatch(groups, 5);
        const all = [...(last ? [last] : []), ...fresh, ...suspects, ...toRequeue];
        expect(all).toHaveLength(groups.length);
        expect(new Set(all)).toEqual(new Set(groups));
        const behind = [...fresh, ...suspects].flatMap((one) => one.messages);
        expect(behind.every(({ receiveCount }) => receiveCount < 5)).toBe(true);
      }),
    );
  });
});

describe("the trace that a message is a part of", () => {
  const from = (trace: string | undefined, traceHeader: string | undefined) => {
    const job = { bucket: "b", key: "a", mayHaveRun: false, force: false };
    const body = jobMessage({ ...job, ...(trace !== undefined && { trace }) });
    const of = { leaseSeconds: 30, sourceBuckets: [] };
    const { intake } = readMessage({ ...message("m", []), body, traceHeader }, of);
    return intake.kind === "jobs" ? intake.jobs.map((one) => one.trace) : [];
  };

  it("is its jobs' too, unless they know of one themselves", () => {
    expect(from(undefined, undefined)).toEqual([undefined]);
    expect(from(undefined, "theirs")).toEqual(["theirs"]);
    expect(from("own", "theirs")).toEqual(["own"]);
  });
});
