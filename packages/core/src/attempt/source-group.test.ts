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

const read = (one: ReceivedMessage) => readMessage(one, { leaseSeconds: 30, sourceBuckets: [] });

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

describe("groupBySource", () => {
  it("puts each message into one group, and no source into two", () => {
    fc.assert(
      fc.property(messages, (received) => {
        const groups = groupBySource(received.map(read));
        expect(
          groups
            .flatMap((group) => group.messages)
            .map(({ message: { id } }) => id)
            .sort(),
        ).toEqual(received.map(({ id }) => id).sort());
        const sources = groups.map(
          (group) => new Set(group.messages.flatMap(({ message }) => keysOf(message))),
        );
        const all = sources.flatMap((set) => [...set]);
        expect(all).toHaveLength(new Set(all).size);
        for (const group of groups) {
          expect(group.suspect).toBe(
            group.messages.some(({ message: { receiveCount } }) => receiveCount > 1),
          );
        }
      }),
    );
  });

  it("groups messages that only a third message connects, and no others", () => {
    const received = [
      message("1", ["a"]),
      message("2", ["b"]),
      message("3", ["c"]),
      message("4", ["a", "b"]),
    ];
    const ids = groupBySource(received.map(read)).map((group) =>
      group.messages.map(({ message: { id } }) => id),
    );
    expect(ids).toEqual([["1", "2", "4"], ["3"]]);
  });

  it("distinguishes buckets, and suspects a job that its sender marked as started", () => {
    const body = (bucket: string, mayHaveRun: boolean) =>
      jobMessage({ bucket, key: "a", mayHaveRun, force: false });
    const received = [
      { ...message("1", []), body: body("b1", false) },
      { ...message("2", []), body: body("b2", true) },
      { ...message("3", []), body: "no JSON", receiveCount: 4 },
      // Redriven dead letters: the first has no reason, because its process ended; the others have one.
      { ...message("4", ["d"]), attributes: { [DEAD_LETTER_ATTRIBUTES.redriveCount]: "1" } },
      { ...message("5", ["e"]), attributes: { [DEAD_LETTER_ATTRIBUTES.reason]: "Throttled" } },
      { ...message("7", ["g"]), attributes: { RedriveCount: "1", RedriveOf: "Throttled" } },
      { ...message("6", ["f"], 2), attributes: { [DEAD_LETTER_ATTRIBUTES.reason]: "Throttled" } },
    ];
    const suspects = groupBySource(received.map(read)).map(({ suspect }) => suspect);
    expect(suspects).toEqual([false, true, false, true, false, false, true]);
  });
});

describe("scheduleBatch", () => {
  const group = (...counts: number[]): SourceGroup => ({
    messages: counts.map((count, at) => read(message(`${at}`, ["a"], count))),
    suspect: true,
  });

  it("starts with a group at its last receive, and ends with suspects in the order of their receives", () => {
    const [twice, thrice, last, also] = [group(2), group(3, 1), group(5), group(2, 6)];
    const fresh = { ...group(1), suspect: false };
    expect(scheduleBatch([thrice, last, fresh, twice, also], 5)).toEqual({
      last,
      fresh: [fresh],
      suspects: [twice, thrice],
      toRequeue: [also],
    });
  });

  it("leaves no group out, and puts no group at its last receive behind another", () => {
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
        expect(behind.every(({ message: { receiveCount } }) => receiveCount < 5)).toBe(true);
      }),
    );
  });
});

describe("readMessage", () => {
  const from = (trace: string | undefined, traceHeader: string | undefined) => {
    const job = { bucket: "b", key: "a", mayHaveRun: false, force: false };
    const body = jobMessage({ ...job, ...(trace !== undefined && { trace }) });
    const { intake } = read({ ...message("m", []), body, traceHeader });
    return intake.kind === "jobs" ? intake.jobs.map((one) => one.trace) : [];
  };

  it("gives the trace of a message to its jobs that have none", () => {
    expect(from(undefined, undefined)).toEqual([undefined]);
    expect(from(undefined, "theirs")).toEqual(["theirs"]);
    expect(from("own", "theirs")).toEqual(["own"]);
  });

  it("marks a job without a time as one that may have run, and does not suspect it", () => {
    const job = { bucket: "b", key: "a", mayHaveRun: false, force: false };
    const of = (at: number | undefined) =>
      read({
        ...message("m", []),
        sentAt: 50_000,
        body: jobMessage(at === undefined ? job : { ...job, at }),
      });
    const mayHaveRun = [of(undefined), of(49_000), of(1_000)].map(({ intake, suspect }) => [
      intake.kind === "jobs" && intake.jobs[0]?.mayHaveRun,
      suspect,
    ]);
    expect(mayHaveRun).toEqual([
      [true, false],
      [false, false],
      [true, true],
    ]);
  });
});
