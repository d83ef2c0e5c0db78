import { Writable } from "node:stream";
import pino from "pino";
import { beforeEach, expect, it } from "vitest";
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

it("writes one line a job, and reads it back", () => {
  logJob(log, job, { kind: "rendered", renditions: 2, bytesIn: 10, bytesOut: 4 });
  logJob(log, job, { kind: "rejected", reason: "SourceCorrupt", message: "cut short" });
  expect(lines).toHaveLength(2);
  expect(lines.map(parseJobLine)).toMatchObject([
    { ...job, ms: 13, outcome: "rendered", bytesIn: 10, bytesOut: 4 },
    { key: job.key, outcome: "rejected", reason: "SourceCorrupt", message: "cut short" },
  ]);
});

it("knows a job's line from any other", () => {
  log.info({ key: "a" }, "ready");
  expect(["", "not json", "{}", '{"msg":"job"}', ...lines].map(parseJobLine)).toEqual(
    Array(5).fill(undefined),
  );
});

it("tells what was warned of beside jobs", () => {
  log.warn({ reason: "MessageMalformed", message: "no JSON" }, "rejected a message");
  log.error({ err: new Error("refused") }, "could not receive");
  log.info("ready");
  logJob(log, job, { kind: "failed", reason: "Internal", message: "x" });
  expect([...lines, "not json"].map(parseWarning)).toEqual([
    "consume rejected a message: MessageMalformed, no JSON",
    "consume could not receive: refused",
    undefined,
    undefined,
    undefined,
  ]);
});
