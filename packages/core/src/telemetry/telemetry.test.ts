import { Writable } from "node:stream";
import pino from "pino";
import { beforeEach, expect, it } from "vitest";
import { countBatch, countDeadLetter } from "./counts.ts";
import { logJob, parseJobLine } from "./job-line.ts";
import { parseWarning } from "./warning-line.ts";

let lines: string[];
let log: pino.Logger;

beforeEach(() => {
  lines = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  log = pino({ base: { program: "consume" } }, stream);
});

const job = {
  bucket: "photos",
  key: "a b/ü.jpg",
  lane: "small",
  receiveCount: 2,
  ms: 12.6,
} as const;
const measures = { at: 0, waitMs: 5, timings: [{ phase: "fetch", from: 0, to: 3 }] } as const;

it("writes one line per job, and parses it", () => {
  const rendered = { kind: "rendered", renditions: 2, bytesIn: 10, bytesOut: 4 } as const;
  logJob({ log }, job, rendered, measures);
  const rejected = { kind: "rejected", reason: "SourceCorrupt", message: "cut short" } as const;
  logJob({ log }, job, rejected, measures);
  expect(lines).toHaveLength(2);
  expect(lines.map(parseJobLine)).toMatchObject([
    { ...job, ms: 13, outcome: "rendered", bytesIn: 10, bytesOut: 4 },
    { key: job.key, outcome: "rejected", reason: "SourceCorrupt", message: "cut short" },
  ]);
});

it("writes no metrics without a namespace", () => {
  const telemetry = { log };
  const rendered = { kind: "rendered", renditions: 2, bytesIn: 10, bytesOut: 4 } as const;
  logJob(telemetry, job, rendered, measures);
  countDeadLetter(telemetry, { lane: "small", reason: "Internal", messageId: "m" }, 0);
  countBatch(telemetry, { lane: "small", batchSize: 3, retry: 0, ms: 1 }, 0);
  const { kind: outcome, ...details } = rendered;
  const line = { level: 30, time: expect.anything(), program: "consume", msg: "job" };
  expect(lines.map((text) => JSON.parse(text))).toEqual([
    { ...line, ...job, ms: 13, outcome, ...details },
  ]);
});

it("distinguishes a job's line from any other", () => {
  log.info({ key: "a" }, "ready");
  expect(["", "not json", "{}", '{"msg":"job"}', ...lines].map(parseJobLine)).toEqual(
    Array(5).fill(undefined),
  );
});

it("parses the warnings that are not of jobs", () => {
  log.warn({ reason: "MessageMalformed", message: "no JSON" }, "rejected a message");
  log.error({ err: new Error("refused") }, "could not receive");
  log.info("ready");
  logJob({ log }, job, { kind: "failed", reason: "Internal", message: "x" }, measures);
  expect([...lines, "not json"].map(parseWarning)).toEqual([
    "consume rejected a message: MessageMalformed, no JSON",
    "consume could not receive: refused",
    undefined,
    undefined,
    undefined,
  ]);
});
