import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { jobMessage, parseMessage } from "../intake/index.ts";
import { LETTER, Queue, type ReceivedMessage } from "../queue/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import { RenditionStore, SourceStore } from "../store/index.ts";
import { createLog } from "../telemetry/index.ts";
import { type AttemptContext, attempt, attemptTogether, LATE_WRITE_SECONDS } from "./attempt.ts";

const MIB = 1024 * 1024;
const never = new AbortController().signal;
const recipe = defineRecipe({
  source: { suffixes: [".jpg"] },
  presets: { thumb: "50x50" },
});

let sandbox: Sandbox;
let key: string;
let count = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  key = `pictures/${count++}.jpg`;
});

function context(more: Partial<AttemptContext> = {}): AttemptContext {
  const { s3, sqs, resources } = sandbox;
  const { small, large } = resources.lanes;
  return {
    lane: "small",
    reconcile: {
      lane: "small",
      recipe,
      sources: new SourceStore(s3),
      renditions: new RenditionStore(s3, resources.renditionBucket),
      memoryBytes: 512 * MIB,
      renderGate: (work) => work(),
    },
    large: new Queue(sqs, large.url),
    letters: new Queue(sqs, small.letters),
    maxReceives: 5,
    sourceBuckets: [sandbox.resources.sourceBucket],
    leaseSeconds: 30,
    log: createLog("test", "silent"),
    now: () => 1_700_000_000_000,
    random: () => 0.5,
    ...more,
  };
}

/** A context whose renditions cannot be written: every job fails, and may be tried again. */
function failing(more: Partial<AttemptContext> = {}): AttemptContext {
  const sound = context();
  const renditions = new RenditionStore(sandbox.s3, "no-such-bucket");
  return { ...sound, reconcile: { ...sound.reconcile, renditions }, ...more };
}

function message(body: string, more: Partial<ReceivedMessage> = {}): ReceivedMessage {
  const now = Date.now();
  return {
    id: "m-1",
    receiptHandle: "h-1",
    body,
    attributes: {},
    receiveCount: 1,
    sentAt: now,
    firstReceivedAt: now,
    ...more,
  };
}

function jobBody(more: { bytes?: number; at?: number } = {}): string {
  const bucket = sandbox.resources.sourceBucket;
  return jobMessage({ bucket, key, at: Date.now(), begun: false, force: false, ...more });
}

async function upload(body: Uint8Array): Promise<void> {
  const { s3, resources } = sandbox;
  await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key: key, Body: body }));
}

function picture(): Promise<Buffer> {
  const create = { width: 60, height: 40, channels: 3, background: "#369" } as const;
  return sharp({ create }).jpeg().toBuffer();
}

/** Takes every message of a queue away and gives bodies and text attributes. */
async function taken(url: string) {
  const messages = [];
  for (;;) {
    const { Messages: some = [] } = await sandbox.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
      }),
    );
    if (some.length === 0) return messages;
    for (const { Body: body = "", MessageAttributes: given = {} } of some) {
      const texts = Object.entries(given).map(([name, value]) => [name, value.StringValue]);
      messages.push({ body, attributes: Object.fromEntries(texts) });
    }
  }
}

const letters = () => taken(sandbox.resources.lanes.small.letters);
const forwarded = () => taken(sandbox.resources.lanes.large.url);

describe("attempt", () => {
  it("acknowledges what is done", async () => {
    await upload(await picture());
    const settlement = await attempt(message(jobBody()), context(), never);
    expect(settlement).toEqual({ kind: "acknowledge" });
    expect(await letters()).toEqual([]);
  });

  it("acknowledges S3's test event and keys outside the recipe's filter", async () => {
    const test = message('{"Event":"s3:TestEvent"}');
    expect(await attempt(test, context(), never)).toEqual({ kind: "acknowledge" });
    key = "notes.txt";
    expect(await attempt(message(jobBody()), context(), never)).toEqual({ kind: "acknowledge" });
    expect(await letters()).toEqual([]);
  });

  it("puts what is rejected among the dead at once, its body as it was, with the reason", async () => {
    await upload(Buffer.from("no picture"));
    const body = jobBody();
    const settlement = await attempt(message(body, { receiveCount: 1 }), context(), never);
    expect(settlement).toEqual({ kind: "acknowledge" });
    expect(await letters()).toEqual([
      {
        body,
        attributes: expect.objectContaining({
          [LETTER.reason]: "SourceUnsupported",
          [LETTER.message]: expect.stringMatching(/./),
          [LETTER.lane]: "small",
          [LETTER.bucket]: sandbox.resources.sourceBucket,
          [LETTER.key]: key,
          [LETTER.lastAttemptAt]: "2023-11-14T22:13:20.000Z",
          [LETTER.receiveCount]: "1",
          [LETTER.redriveCount]: "0",
        }),
      },
    ]);
  });

  it("puts a message that it cannot read among the dead", async () => {
    const settlement = await attempt(message("{not json"), context(), never);
    expect(settlement).toEqual({ kind: "acknowledge" });
    const [letter] = await letters();
    expect(letter).toMatchObject({
      body: "{not json",
      attributes: { [LETTER.reason]: "MessageMalformed" },
    });
    expect(letter?.attributes[LETTER.key]).toBeUndefined();
  });

  it("touches nothing for a message that names another bucket", async () => {
    const { s3, resources } = sandbox;
    await upload(await picture());
    await attempt(message(jobBody()), context(), never);
    const objects = async () => {
      const { Contents: all = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: resources.renditionBucket }),
      );
      return all.map(({ Key, ETag, LastModified }) => [Key, ETag, LastModified?.getTime()]);
    };
    const before = await objects();
    await s3.send(new CreateBucketCommand({ Bucket: "foreign" }));
    const foreign = {
      Bucket: "foreign",
      Key: key,
      Body: await sharp(await picture())
        .negate()
        .toBuffer(),
    };
    await s3.send(new PutObjectCommand(foreign));
    // There is no source at that key in the rendition bucket, and another picture in the foreign one.
    for (const bucket of [resources.renditionBucket, "foreign"]) {
      const own = jobMessage({ bucket, key, begun: true, force: true });
      const record = { bucket: { name: bucket }, object: { key } };
      const event = JSON.stringify({
        Records: [
          {
            eventName: "ObjectCreated:Put",
            s3: { ...record, bucket: { name: resources.sourceBucket } },
          },
          { eventName: "ObjectRemoved:Delete", s3: record },
        ],
      });
      for (const body of [own, event]) {
        const settlement = await attempt(message(body), context(), never);
        expect(settlement).toEqual({ kind: "acknowledge" });
        expect(await letters()).toMatchObject([
          {
            body,
            attributes: {
              Reason: "MessageMalformed",
              Message: `the message is about the bucket ${bucket}, and this fleet's sources are in ${resources.sourceBucket}`,
            },
          },
        ]);
      }
    }
    expect(await objects()).toEqual(before);
  });

  it("answers for the others when an attempt at one breaks off", async () => {
    await upload(await picture());
    const other = message(jobBody(), { id: "m-2" });
    key = "pictures/breaks.jpg";
    await upload(await picture());
    const one = message(jobBody());
    let begun = 0;
    const traces = {
      begin() {
        begun += 1;
        if (begun === 1) throw new Error("no trace");
        return { header: "", end: () => undefined };
      },
      flush: () => Promise.resolve(),
    };
    const settlements = await attemptTogether([one, other], context({ traces }), never);
    expect(settlements.map(({ kind }) => kind)).toEqual(["comeBack", "acknowledge"]);
  });

  it("lets what failed come back later each time, and gives it up with its reason at the last receive", async () => {
    await upload(await picture());
    const seconds: number[] = [];
    for (const receiveCount of [1, 2, 3, 4]) {
      const settlement = await attempt(message(jobBody(), { receiveCount }), failing(), never);
      seconds.push(settlement.kind === "comeBack" ? settlement.seconds : Number.NaN);
    }
    expect(seconds).toEqual([2, 3, 6, 12]);
    expect(await letters()).toEqual([]);

    const last = await attempt(message(jobBody(), { receiveCount: 5 }), failing(), never);
    expect(last).toEqual({ kind: "acknowledge" });
    expect(await letters()).toMatchObject([
      { attributes: { [LETTER.reason]: "StoreUnavailable", [LETTER.receiveCount]: "5" } },
    ]);
  });

  it("keeps a message and its dead letter away until a write that was given up has landed", async () => {
    await upload(await picture());
    // A store of which no write is answered, and everything else is.
    const unanswered = createS3({
      endpoint: sandbox.endpoint,
      region: sandbox.region,
      credentials: sandbox.credentials,
    });
    unanswered.middlewareStack.add(
      (next, { commandName }) =>
        (args) =>
          commandName === "PutObjectCommand" ? Promise.reject(new Error("reset")) : next(args),
      { step: "initialize" },
    );
    const renditions = new RenditionStore(unanswered, sandbox.resources.renditionBucket);
    const url = sandbox.resources.lanes.large.letters;
    const given = context({ letters: new Queue(sandbox.sqs, url) });
    const silent = { ...given, reconcile: { ...given.reconcile, renditions } };
    const settlement = await attempt(message(jobBody()), silent, never);
    expect(settlement).toMatchObject({ kind: "comeBack", leastSeconds: LATE_WRITE_SECONDS });
    const last = message(jobBody(), { receiveCount: 5 });
    expect(await attempt(last, silent, never)).toEqual({ kind: "acknowledge" });
    // The dead letter is sent, and nobody receives it yet.
    const AttributeNames = ["ApproximateNumberOfMessagesDelayed" as const];
    const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames });
    expect((await sandbox.sqs.send(asked)).Attributes).toEqual({
      ApproximateNumberOfMessagesDelayed: "1",
    });
    unanswered.destroy();
  });

  it("does not acknowledge what it could not put among the dead, or send on", async () => {
    await upload(Buffer.from("no picture"));
    const nowhere = new Queue(sandbox.sqs, `${sandbox.endpoint}/000000000000/no-such-queue`);
    const noLetters = context({ letters: nowhere });
    expect(await attempt(message(jobBody()), noLetters, never)).toMatchObject({ kind: "comeBack" });
    const noLarge = context({ large: nowhere });
    const big = message(jobBody({ bytes: 21 * MIB }));
    expect(await attempt(big, noLarge, never)).toMatchObject({ kind: "comeBack" });
    // After its last receive SQS makes it a dead letter, without a mark of ours: never sooner than
    // after the lease of 30 s that a crash would have taken.
    const last = message(jobBody(), { receiveCount: 5 });
    const settlement = await attempt(last, noLetters, never);
    expect(settlement.kind === "comeBack" && settlement.seconds).toBeGreaterThanOrEqual(30);
  });

  it("sends what has over 20 MiB by its event to the large lane, without looking at it", async () => {
    const exact = message(jobBody({ bytes: 20 * MIB }));
    await attempt(exact, context(), never);
    expect(await forwarded()).toEqual([]);

    const over = message(jobBody({ bytes: 20 * MIB + 1 }));
    expect(await attempt(over, context(), never)).toEqual({ kind: "acknowledge" });
    const [sent] = await forwarded();
    expect(parseMessage(sent?.body ?? "")).toEqual({
      kind: "jobs",
      jobs: [
        {
          bucket: sandbox.resources.sourceBucket,
          key,
          bytes: 20 * MIB + 1,
          at: 1_700_000_000_000,
          begun: false,
          force: false,
        },
      ],
    });
  });

  it.each([
    ["received before", { receiveCount: 2 }],
    ["redriven by the CLI", { attributes: { [LETTER.redriveCount]: "1" } }],
    ["redriven by the AWS console", { attributes: { [LETTER.reason]: "Internal" } }],
    ["crashed, and redriven by the AWS console", { sentAt: Date.now() + 60_000 }],
  ])("tells the large lane of a job that was begun before: %s", async (_how, more) => {
    await attempt(message(jobBody({ bytes: 21 * MIB }), more), context(), never);
    const [sent] = await forwarded();
    expect(parseMessage(sent?.body ?? "")).toMatchObject({ jobs: [{ key, begun: true }] });
  });

  it("answers for every record of a message, and buries only the one that is broken", async () => {
    const bucket = sandbox.resources.sourceBucket;
    await upload(await picture());
    const good = key;
    key = "pictures/broken.jpg";
    await upload(Buffer.from("no picture"));
    const record = (name: string) => ({
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      s3: { bucket: { name: bucket }, object: { key: name, size: 10 } },
    });
    const body = JSON.stringify({ Records: [record(good), record(key)] });
    expect(await attempt(message(body), context(), never)).toEqual({ kind: "acknowledge" });
    const [letter, ...more] = await letters();
    expect(more).toEqual([]);
    expect(parseMessage(letter?.body ?? "")).toMatchObject({ jobs: [{ key }] });
  });

  it("lets a job come back whose time has run out", async () => {
    await upload(await picture());
    const { Failure } = await import("../outcome/index.ts");
    const late = AbortSignal.abort(new Failure("TimedOut", "the function's time ran out"));
    expect(await attempt(message(jobBody()), context(), late)).toMatchObject({ kind: "comeBack" });
  });
});

describe("attemptTogether", () => {
  /** A context that counts how often a source is opened. */
  function counting(more: Partial<AttemptContext> = {}) {
    const opened: { key: string; unlessUnchanged: boolean }[] = [];
    class Counted extends SourceStore {
      override open(...args: Parameters<SourceStore["open"]>): ReturnType<SourceStore["open"]> {
        opened.push({ key: args[1], unlessUnchanged: args[2].ifNoneMatch !== undefined });
        return super.open(...args);
      }
    }
    const sound = context(more);
    const sources = new Counted(sandbox.s3);
    return { opened, context: { ...sound, reconcile: { ...sound.reconcile, sources } } };
  }

  function recordsBody(keys: readonly string[]): string {
    const bucket = { name: sandbox.resources.sourceBucket };
    const record = (one: string) => ({
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      s3: { bucket, object: { key: one } },
    });
    return JSON.stringify({ Records: keys.map(record) });
  }

  it("looks at a source once for all that ask, those of several jobs too", async () => {
    await upload(await picture());
    const first = key;
    key = "pictures/other.jpg";
    await upload(await picture());
    const { opened, context: counted } = counting();
    const asking = [message(jobBody()), message(recordsBody([first, key, first]), { id: "m-2" })];
    const settlements = await attemptTogether(asking, counted, never);
    expect(settlements).toEqual([{ kind: "acknowledge" }, { kind: "acknowledge" }]);
    expect(opened.map((one) => one.key).sort()).toEqual([first, key].sort());
  });

  it("takes no shortcut when any of them was begun before", async () => {
    await upload(await picture());
    await attempt(message(jobBody()), context(), never);
    const { opened, context: counted } = counting();
    await attemptTogether([message(jobBody())], counted, never);
    const twice = message(jobBody(), { id: "m-2", receiveCount: 2 });
    await attemptTogether([message(jobBody()), twice], counted, never);
    expect(opened.map(({ unlessUnchanged }) => unlessUnchanged)).toEqual([true, false]);
  });

  it("gives each its own end of a failure: a dead letter at the last receive, later for the rest", async () => {
    await upload(await picture());
    const last = message(jobBody(), { id: "m-2", receiveCount: 5, firstReceivedAt: 1_000 });
    const settlements = await attemptTogether([message(jobBody()), last], failing(), never);
    expect(settlements).toMatchObject([{ kind: "comeBack", seconds: 2 }, { kind: "acknowledge" }]);
    expect(await letters()).toMatchObject([
      {
        attributes: {
          [LETTER.reason]: "StoreUnavailable",
          [LETTER.receiveCount]: "5",
          [LETTER.firstAttemptAt]: "1970-01-01T00:00:01.000Z",
        },
      },
    ]);
  });

  it("writes a letter for each, and forwards once", async () => {
    await upload(Buffer.from("no picture"));
    const asking = () => [message(jobBody()), message(jobBody(), { id: "m-2", receiveCount: 3 })];
    await attemptTogether(asking(), context(), never);
    const counts = (await letters()).map(({ attributes }) => attributes[LETTER.receiveCount]);
    expect(counts.sort()).toEqual(["1", "3"]);
    const sized = asking().map((one) => ({ ...one, body: jobBody({ bytes: 30 * MIB }) }));
    expect(await attemptTogether(sized, context(), never)).toHaveLength(2);
    expect((await forwarded()).map(({ body }) => parseMessage(body))).toMatchObject([
      { jobs: [{ key, begun: true, bytes: 30 * MIB }] },
    ]);
    // One of them says no size: only a look tells whether the source is still that large.
    const [one, other] = sized;
    if (one === undefined || other === undefined) throw new Error("two were made");
    await attemptTogether([one, { ...other, body: jobBody() }], context(), never);
    expect(await forwarded()).toEqual([]);
    await letters();
  });
});
