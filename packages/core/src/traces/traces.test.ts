import { execFile } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { Writable } from "node:stream";
import { promisify } from "node:util";
import { type OtlpReceiver, startOtlpReceiver } from "@imagefleet/local/otlp";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { openTraces, type Traces } from "./index.ts";
import { signerFor, xraySigner } from "./signer.ts";

const ROOT = "1-5759e988-bd862e3fe1be46a994272793";
const TRACE_ID = "5759e988bd862e3fe1be46a994272793";
const PARENT = "53995c3f42cd8ad8";
const AT = 1_763_700_000_000;
const REGION = "eu-west-1";
const SECRET = "wJalrXUtnFEMI";

const end = {
  at: AT + 90,
  bucket: "photos",
  key: "ü.jpg",
  lane: "small",
  receiveCount: 1,
  outcome: { kind: "unchanged" },
  laps: [
    { stage: "fetch", from: AT, to: AT + 30 },
    { stage: "store", from: AT + 30, to: AT + 80 },
  ],
} as const;

const aws = createS3({
  region: REGION,
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: SECRET },
});

let receiver: OtlpReceiver;
let said: string[];

beforeEach(() => {
  said = [];
});
afterEach(() => receiver.close());

async function traces(share = 1, answer: number | "never" = 200): Promise<Traces> {
  receiver = await startOtlpReceiver(answer);
  const stream = new Writable({
    write(chunk, _encoding, done) {
      said.push(String(chunk));
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
  it("tell of a job and of each of its stages", async () => {
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
    const stages = receiver.spans.filter(({ parentSpanId }) => parentSpanId === job?.spanId);
    expect(stages.map(({ name, from, to, traceId }) => [name, from, to, traceId])).toEqual([
      ["fetch", AT, AT + 30, job?.traceId],
      ["store", AT + 30, AT + 80, job?.traceId],
    ]);
  });

  it("say why a job came to nothing", async () => {
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

  it("go on with what their sender began, and hand it on", async () => {
    const opened = await traces(0);
    const trace = opened.begin(`Root=${ROOT};Parent=${PARENT};Sampled=1`, AT);
    trace.end(end);
    await opened.flush();
    const job = receiver.spans.find(({ name }) => name === "job");
    expect(job).toMatchObject({ traceId: TRACE_ID, parentSpanId: PARENT });
    expect(trace.header).toBe(`Root=${ROOT};Parent=${job?.spanId};Sampled=1`);
  });

  it("are not sent where their sender, or the share, says so", async () => {
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

  it("that are refused are a warning, and nothing else", async () => {
    const opened = await traces(1, 503);
    opened.begin(undefined, AT).end(end);
    await opened.flush();
    expect(receiver.requests).toHaveLength(1);
    expect(said.join("")).toMatch(/could not send traces/);
    expect(said.join("")).toMatch(/answered 503/);
  });

  it("are not waited for when nobody answers", async () => {
    const opened = await traces(1, "never");
    opened.begin(undefined, AT).end(end);
    await opened.flush();
    expect(receiver.requests).toHaveLength(1);
    expect(said).toEqual([]);
  });
});

describe("without traces", () => {
  it("nothing of them is loaded", async () => {
    receiver = await startOtlpReceiver();
    const loaded = async (url: string | undefined) => {
      const program = `
        import { registerHooks } from "node:module";
        const seen = new Set();
        registerHooks({ load: (url, context, next) => (seen.add(url), next(url, context)) });
        const { openTraces } = await import(${JSON.stringify(import.meta.resolve("./index.ts"))});
        const config = { credentials: {}, sha256: class {} };
        await openTraces({ program: "p", url: ${JSON.stringify(url)}, share: 1, region: "r", aws: { config } });
        console.log([...seen].filter((url) => url.includes("@opentelemetry/")).length);
      `;
      const args = ["--input-type=module", "--eval", program];
      return Number((await promisify(execFile)(process.execPath, args)).stdout);
    };
    expect(await loaded(undefined)).toBe(0);
    expect(await loaded(receiver.url)).toBeGreaterThan(0);
  });
});

describe("what goes to X-Ray", () => {
  const url = `https://xray.${REGION}.amazonaws.com/v1/traces`;

  it("is signed, and what goes to a collector is not", async () => {
    receiver = await startOtlpReceiver();
    expect(signerFor({ url, region: REGION, aws })).toBeDefined();
    expect(signerFor({ url: receiver.url, region: REGION, aws })).toBeUndefined();
    const elsewhere = "https://xray.eu-west-1.amazonaws.com.example.org/v1/traces";
    expect(signerFor({ url: elsewhere, region: REGION, aws })).toBeUndefined();
  });

  it("has the signature that AWS's own description asks for", async () => {
    receiver = await startOtlpReceiver();
    const body = '{"resourceSpans":[]}';
    const sign = xraySigner({ region: REGION, aws });
    const headers = await sign({ url, headers: { "content-type": "application/json" }, body });
    const [, names = "", signature] =
      /SignedHeaders=([^,]+), Signature=(\w+)/.exec(headers["authorization"] ?? "") ?? [];
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    const mac = (key: string | Buffer, text: string) =>
      createHmac("sha256", key).update(text).digest();
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    const canonical = [
      "POST",
      "/v1/traces",
      "",
      ...names.split(";").map((name) => `${name}:${headers[name]}`),
      "",
      names,
      hash(body),
    ].join("\n");
    const time = headers["x-amz-date"] ?? "";
    const scope = `${time.slice(0, 8)}/${REGION}/xray/aws4_request`;
    const toSign = ["AWS4-HMAC-SHA256", time, scope, hash(canonical)].join("\n");
    const key = scope.split("/").reduce<string | Buffer>(mac, `AWS4${SECRET}`);
    expect(mac(key, toSign).toString("hex")).toBe(signature);
    expect(names.split(";")).toEqual(expect.arrayContaining(["host", "x-amz-content-sha256"]));
  });
});
