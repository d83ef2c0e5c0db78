import type { DeadLetterReport, JobReport, StoredRendition } from "@imagefleet/local/fleet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JobTracker } from "./job-tracker.ts";
import { mergeResults, resultsJson } from "./results.ts";

const STARTED = 1_000_000;

function report(key: string, more: Partial<JobReport> = {}): JobReport {
  const base = { msg: "job", bucket: "source", key, lane: "small", outcome: "rendered" } as const;
  return { ...base, receiveCount: 1, ms: 5, bytesIn: 10, bytesOut: 4, ...more };
}

function deadLetter(key: string, more: Partial<DeadLetterReport> = {}): DeadLetterReport {
  const base = { bucket: "source", key, reason: "SourceCorrupt", message: "cut" } as const;
  return { ...base, lane: "small", at: STARTED + 1, ...more };
}

const MADE: StoredRendition = {
  preset: "thumb",
  key: "thumb/a.jpg.webp",
  width: 2,
  height: 1,
  format: "webp",
  bytes: 4,
  savedPercent: 60,
};

function merge(
  keys: readonly string[],
  reports: JobReport[],
  deadLetters: DeadLetterReport[] = [],
) {
  const jobTracker = new JobTracker();
  for (const key of keys) jobTracker.expect({ key, file: `/in/${key}`, bytes: 10 });
  for (const each of reports) jobTracker.record(each);
  return mergeResults({
    sources: jobTracker.sources,
    report: (key) => jobTracker.report(key),
    deadLetters,
    renditions: () => [MADE],
    startedAt: STARTED,
    seconds: 1.5,
  });
}

describe("the results of a run", () => {
  test("contain the last outcome of each source, and its lane", () => {
    const { results } = merge(
      ["a", "b", "c"],
      [
        report("a", { outcome: "forwarded" }),
        report("b", { outcome: "failed", reason: "Throttled" }),
        report("a", { lane: "large", ms: 900 }),
        report("a", { outcome: "forwarded" }),
        report("b"),
        report("c", { outcome: "rejected", reason: "SourceEmpty", message: "0 bytes" }),
        report("not of this run"),
      ],
    );
    expect(results).toMatchObject([
      { key: "a", lane: "large", outcome: "rendered", reason: null, ms: 900, bytesIn: 10 },
      { key: "b", lane: "small", outcome: "rendered", reason: null, renditions: [MADE] },
      { key: "c", outcome: "rejected", reason: "SourceEmpty", renditions: [] },
    ]);
  });

  test("take the outcome of a crashed job from its dead letter", () => {
    const { results, deadLetters } = merge(
      ["a", "b"],
      [report("a", { outcome: "failed", reason: "OutOfMemory" })],
      [
        deadLetter("a", { reason: "OutOfMemory", message: "too much" }),
        deadLetter("b", { reason: "Crashed", message: "it crashed", lane: "large" }),
      ],
    );
    expect(results).toMatchObject([
      { key: "a", outcome: "failed", reason: "OutOfMemory", ms: 5 },
      { key: "b", outcome: "failed", reason: "Crashed", lane: "large", ms: 0, renditions: [] },
    ]);
    expect(deadLetters.map(({ key }) => key)).toEqual(["a", "b"]);
  });

  test("contain the latest dead letter of each source of this run, and count the others", () => {
    const { deadLetters, otherDeadLetters } = merge(
      ["a", "b"],
      [],
      [
        deadLetter("a", { at: STARTED - 1, message: "of an earlier run" }),
        deadLetter("a", { at: STARTED, message: "first" }),
        deadLetter("a", { at: STARTED + 9, message: "last" }),
        deadLetter("elsewhere"),
        { reason: "MessageMalformed", message: "no JSON", lane: "small", at: STARTED + 1 },
      ],
    );
    expect(deadLetters).toEqual([
      { key: "a", reason: "SourceCorrupt", message: "last", lane: "small" },
    ]);
    expect(otherDeadLetters).toBe(3);
  });

  test("list as unfinished a source that may be retried or has no report", () => {
    const { results, unfinished } = merge(
      ["a", "b"],
      [report("a", { outcome: "failed", reason: "Throttled" })],
    );
    expect(results).toEqual([]);
    expect(unfinished.map(({ key }) => key)).toEqual(["a", "b"]);
  });

  test("contain each source once, with matching totals, for any sequence of reports", () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const kind = fc.constantFrom("rendered", "unchanged", "forwarded", "failed", "rejected");
    const reports = fc.array(
      fc.record({ key, outcome: kind, lane: fc.constantFrom("small", "large") }),
    );
    fc.assert(
      fc.property(reports, fc.array(key), (reported, dead) => {
        const run = merge(
          ["a", "b", "c", "d"],
          reported.map(({ key: of, ...more }) => report(of, more)),
          dead.map((of) => deadLetter(of)),
        );
        const keys = [...run.results, ...run.unfinished].map(({ key: of }) => of);
        expect(keys.sort()).toEqual(["a", "b", "c", "d"]);
        const renditions = run.results.reduce((sum, each) => sum + each.renditions.length, 0);
        expect(resultsJson(run, [])).toMatchObject({
          sources: 4,
          renditions,
          bytesIn: run.results.length * 10,
          bytesOut: renditions * MADE.bytes,
          results: run.results.map(({ key: of }) => ({ key: of })),
        });
      }),
    );
  });

  test("have exactly the documented JSON", () => {
    const run = merge(["a", "b"], [report("a", { damaged: "cut off" })], [deadLetter("a")]);
    const notUploaded = [{ file: "/in/c", message: "it is a folder" }];
    expect(resultsJson(run, notUploaded)).toEqual({
      sources: 2,
      outcomes: { rendered: 1 },
      lanes: { small: 1, large: 0 },
      renditions: 1,
      bytesIn: 10,
      bytesOut: 4,
      seconds: 1.5,
      deadLetters: [{ key: "a", reason: "SourceCorrupt", message: "cut", lane: "small" }],
      results: [
        {
          key: "a",
          lane: "small",
          outcome: "rendered",
          reason: null,
          damaged: "cut off",
          renditions: [{ ...MADE, boundedFrom: null }],
          ms: 5,
        },
      ],
      notUploaded,
      unfinished: 1,
    });
  });
});

describe("JobTracker", () => {
  test("is complete when each source is final or dropped", async () => {
    const jobTracker = new JobTracker();
    for (const key of ["a", "b"]) jobTracker.expect({ key, file: key, bytes: 1 });
    const complete = jobTracker.complete(60_000);
    jobTracker.record(report("a", { outcome: "forwarded" }));
    jobTracker.record(report("a", { outcome: "rejected", reason: "SourceEmpty" }));
    jobTracker.drop("b");
    await complete;
    expect([jobTracker.done, jobTracker.rejected]).toEqual([1, 1]);
  });

  test("waits no longer than the given time", async () => {
    const jobTracker = new JobTracker();
    jobTracker.expect({ key: "a", file: "a", bytes: 1 });
    await jobTracker.complete(1);
    expect(jobTracker.done).toBe(0);
  });
});
