import { Writable } from "node:stream";
import { type OtlpReceiver, startOtlpReceiver } from "@imagefleet/local/otlp";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { openTraces, type Traces } from "./index.ts";

const ROOT = "1-5759e988-bd862e3fe1be46a994272793";
const TRACE_ID = "5759e988bd862e3fe1be46a994272793";
const PARENT = "53995c3f42cd8ad8";
const AT = 1_763_700_000_000;
const REGION = "eu-west-1";

const end = {
  at: AT + 90,
  bucket: "photos",
  key: "ü.jpg",
  lane: "small",
  receiveCount: 1,
  outcome: { kind: "unchanged" },
  timings: [
    { phase: "fetch", from: AT, to: AT + 30 },
    { phase: "store", from: AT + 30, to: AT + 80 },
  ],
} as const;

const aws = createS3({ region: REGION });

let receiver: OtlpReceiver;
let output: string[];

beforeEach(() => {
  output = [];
});
afterEach(() => receiver.close());

async function traces(share = 1, answer: number | "never" = 200): Promise<Traces> {
  receiver = await startOtlpReceiver(answer);
  const stream = new Writable({
    write(chunk, _encoding, done) {
      output.push(String(chunk));
      done();
    },
  });
  const log = pino({}, stream);
  const opened = await openTraces({
    program: "worker",
    url: receiver.url,
    share,
    region: REGION,
    aws,
    log,
  });
  if (opened === undefined) throw new Error("no traces");
  return opened;
}

describe("traces", () => {
  it("contain a job and each of its phases", async () => {
    const opened = await traces();
    opened.begin(undefined, AT).end(end);
    await opened.flush();
    const job = receiver.spans.find(({ name }) => name === "job");
    expect(job).toMatchObject({
      service: "imagefleet-worker",
      from: AT,
      to: AT + 90,
      failed: false,
      attributes: { "imagefleet.outcome": "unchanged", "aws.s3.key": "ü.jpg" },
    });
    const phases = receiver.spans.filter(({ parentSpanId }) => parentSpanId === job?.spanId);
    expect(phases.map(({ name, from, to, traceId }) => [name, from, to, traceId])).toEqual([
      ["fetch", AT, AT + 30, job?.traceId],
      ["store", AT + 30, AT + 80, job?.traceId],
    ]);
  });

  it("contain the reason of a job that was rejected or failed", async () => {
    const opened = await traces();
    const outcome = { kind: "rejected", reason: "SourceCorrupt", message: "cut short" } as const;
    opened.begin(undefined, AT).end({ ...end, outcome });
    await opened.flush();
    const job = receiver.spans.find(({ name }) => name === "job");
    expect(job).toMatchObject({
      failed: true,
      attributes: { "imagefleet.outcome": "rejected", "imagefleet.reason": "SourceCorrupt" },
    });
  });

  it("continue the trace of their sender, and pass it on", async () => {
    const opened = await traces(0);
    const trace = opened.begin(`Root=${ROOT};Parent=${PARENT};Sampled=1`, AT);
    trace.end(end);
    await opened.flush();
    const job = receiver.spans.find(({ name }) => name === "job");
    expect(job).toMatchObject({ traceId: TRACE_ID, parentSpanId: PARENT });
    expect(trace.header).toBe(`Root=${ROOT};Parent=${job?.spanId};Sampled=1`);
  });

  it("are not sent if their sender or the share excludes them", async () => {
    const unsampled = await traces(1);
    unsampled.begin(`Root=${ROOT};Parent=${PARENT};Sampled=0`, AT).end(end);
    await unsampled.flush();
    expect(receiver.requests).toEqual([]);
    await receiver.close();
    const none = await traces(0);
    const trace = none.begin("no header at all", AT);
    trace.end(end);
    await none.flush();
    expect(receiver.requests).toEqual([]);
    expect(trace.header).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/);
  });

  it("only log a warning when they are refused", async () => {
    const opened = await traces(1, 503);
    opened.begin(undefined, AT).end(end);
    await opened.flush();
    expect(receiver.requests).toHaveLength(1);
    expect(output.join("")).toMatch(/could not send traces/);
    expect(output.join("")).toMatch(/answered 503/);
  });

  it("are not waited for when the endpoint does not answer", async () => {
    const opened = await traces(1, "never");
    opened.begin(undefined, AT).end(end);
    await opened.flush();
    expect(receiver.requests).toHaveLength(1);
    expect(output).toEqual([]);
  });
});
