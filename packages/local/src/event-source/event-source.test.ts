import type { SQSEvent, SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { FaultProxy } from "../fault-proxy/index.ts";
import { isAlive } from "../function/fixtures/alive.ts";
import { Latch } from "../function/fixtures/latch.ts";
import { type FunctionOptions, type LocalFunction, startFunction } from "../function/index.ts";
import { clientOf, REGION, Server, TestQueue } from "./fixtures/queue.ts";
import {
  type BatchReport,
  type EventSource,
  type EventSourceOptions,
  EventSourceOptionsError,
  startEventSource,
} from "./index.ts";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.remove());

const reports: BatchReport[] = [];
const errors: Error[] = [];
const invoked: SQSRecord[][] = [];
beforeEach(() => {
  for (const list of [reports, errors, invoked]) list.length = 0;
});

function start(exportName: string, changes: Partial<FunctionOptions> = {}): LocalFunction {
  const fn = startFunction({
    name: "consumer",
    handler: new URL("./fixtures/handlers.ts", import.meta.url),
    exportName,
    memoryBytes: 256 * 1024 * 1024,
    timeoutMs: 1000,
    environment: {},
    maximumConcurrency: 3,
    onLog: (line) => {
      if (!line.startsWith('{"Records"')) return;
      const event: SQSEvent = JSON.parse(line);
      invoked.push(event.Records);
    },
    ...changes,
  });
  onTestFinished(() => fn.stop());
  return fn;
}

function connect(
  queue: TestQueue,
  fn: LocalFunction,
  changes: Partial<EventSourceOptions> = {},
): EventSource {
  const source = startEventSource({
    sqs: queue.sqs,
    queueUrl: queue.url,
    queueArn: queue.arn,
    region: REGION,
    batchSize: 10,
    windowMs: 0,
    maximumConcurrency: 1,
    reportBatchItemFailures: true,
    fn,
    onBatch: (report) => reports.push(report),
    onError: (error) => errors.push(error),
    ...changes,
  });
  onTestFinished(() => source.stop());
  return source;
}

async function openLatch(): Promise<Latch> {
  const latch = await Latch.start();
  onTestFinished(() => latch[Symbol.asyncDispose]());
  return latch;
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `message ${at}`);
const within = { timeout: 15_000, interval: 20 };
const depth = (queue: TestQueue) => expect.poll(() => queue.depth(), within);
const settled = (count: number) => expect.poll(() => reports.length, within).toBe(count);

describe("the event", () => {
  test("forty messages are received in batches of ten and deleted", async () => {
    const queue = await TestQueue.create(server, 30);
    const ids = await queue.send(numbered(40));
    const source = connect(queue, start("succeed"), { maximumConcurrency: 3 });
    await settled(4);
    expect(reports.map(({ messageIds }) => messageIds.length)).toEqual([10, 10, 10, 10]);
    expect(reports.flatMap(({ deleted }) => deleted).sort()).toEqual(ids.sort());
    expect(source.inFlight()).toBe(0);
    await depth(queue).toEqual({ waiting: 0, taken: 0 });
  });

  test("records have Lambda's format, with all attributes", async () => {
    const queue = await TestQueue.create(server, 30);
    const messageId = await queue.sendWith({
      MessageBody: '{"künstler":"Ö\u2028"}',
      MessageAttributes: {
        reason: { DataType: "String", StringValue: "redriven" },
        times: { DataType: "Number", StringValue: "3" },
        blob: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 16]) },
      },
    });
    connect(queue, start("succeed"));
    await settled(1);
    const none = { stringListValues: [], binaryListValues: [] };
    expect(invoked).toEqual([
      [
        {
          messageId,
          receiptHandle: expect.stringMatching(/./),
          body: '{"künstler":"Ö\u2028"}',
          attributes: expect.objectContaining({
            ApproximateReceiveCount: "1",
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.stringMatching(/./),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          }),
          messageAttributes: {
            reason: { stringValue: "redriven", dataType: "String", ...none },
            times: { stringValue: "3", dataType: "Number", ...none },
            blob: { binaryValue: "AP8Q", dataType: "Binary", ...none },
          },
          md5OfBody: expect.stringMatching(/^[\da-f]{32}$/),
          md5OfMessageAttributes: expect.stringMatching(/^[\da-f]{32}$/),
          eventSource: "aws:sqs",
          eventSourceARN: queue.arn,
          awsRegion: REGION,
        },
      ],
    ]);
  });

  test("a window collects messages that arrive one by one", async () => {
    const queue = await TestQueue.create(server, 30);
    const source = connect(queue, start("succeed"), { windowMs: 3000 });
    for (const count of [1, 2, 3]) {
      await queue.send([`late ${count}`]);
      await expect.poll(() => source.inFlight(), within).toBe(count);
      expect(invoked).toEqual([]);
    }
    await settled(1);
    expect(reports[0]?.deleted).toHaveLength(3);
  });

  test("a full batch does not wait for its window", async () => {
    const queue = await TestQueue.create(server, 30);
    await queue.send(numbered(2));
    const source = connect(queue, start("succeed"), { windowMs: 300_000, batchSize: 3 });
    await expect.poll(() => source.inFlight(), within).toBe(2);
    await queue.send(["the third"]);
    await settled(1);
    expect(reports[0]?.deleted).toHaveLength(3);
  });
});

describe("the response", () => {
  test("only failed messages are received again; the others are deleted after one receive", async () => {
    const queue = await TestQueue.create(server, 1);
    await queue.send(numbered(10).map((body, at) => (at % 3 === 1 ? "fail once" : body)));
    connect(queue, start("obey"));
    await depth(queue).toEqual({ waiting: 0, taken: 0 });
    await expect.poll(() => reports.flatMap(({ deleted }) => deleted).length, within).toBe(10);
    expect(reports[0]).toMatchObject({ result: { kind: "returned" } });
    expect(reports[0]?.failures).toHaveLength(3);
    expect(reports[0]?.deleted).toHaveLength(7);
    const [first = [], ...later] = invoked;
    expect(first.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(
      Array.from({ length: 10 }, () => "1"),
    );
    expect(
      later.flat().map(({ body, attributes }) => [body, attributes.ApproximateReceiveCount]),
    ).toEqual(Array.from({ length: 3 }, () => ["fail once", "2"]));
    expect(errors).toEqual([]);
  });

  test.each([
    ["{}", 0],
    ['{"batchItemFailures":[]}', 0],
    ['"done"', 2],
    ['{"batchItemFailures":[{"itemIdentifier":""}]}', 2],
    ['{"batchItemFailures":[{"itemIdentifier":"a stranger"}]}', 2],
  ])("%s leaves %d of two in the queue", async (response, left) => {
    const queue = await TestQueue.create(server, 30);
    const ids = await queue.send([response, response]);
    connect(queue, start("answer"));
    await settled(1);
    const [report] = reports;
    expect(report?.failures).toEqual(left === 0 ? [] : report?.messageIds);
    expect(report?.deleted).toHaveLength(2 - left);
    await depth(queue).toEqual({ waiting: 0, taken: left });
    expect(ids.sort()).toEqual([...(report?.messageIds ?? [])].sort());
    expect(errors).toHaveLength(left === 0 ? 0 : 1);
  });

  test("without ReportBatchItemFailures every response is a success", async () => {
    const queue = await TestQueue.create(server, 30);
    await queue.send(["fail", "fail"]);
    connect(queue, start("obey"), { reportBatchItemFailures: false });
    await settled(1);
    expect(reports[0]).toMatchObject({
      failures: [],
      deleted: [{}, {}].map(() => expect.any(String)),
    });
    await depth(queue).toEqual({ waiting: 0, taken: 0 });
  });
});

describe("a function error leaves the whole batch in the queue", () => {
  test.each([
    ["throw", true, "threw"],
    ["throw", false, "threw"],
    ["time out", true, "timedOut"],
    ["use memory", true, "outOfMemory"],
  ])("%s (reporting failures: %s): %s", async (how, reportBatchItemFailures, kind) => {
    const queue = await TestQueue.create(server, 2);
    await queue.send([how, how, how]);
    connect(queue, start("breakDown", { timeoutMs: 2000 }), { reportBatchItemFailures });
    await depth(queue).toEqual({ waiting: 0, taken: 0 });
    await expect.poll(() => reports.flatMap(({ deleted }) => deleted).length, within).toBe(3);
    expect(reports[0]).toMatchObject({ result: { kind }, deleted: [] });
    expect(reports[0]?.failures).toHaveLength(3);
    const again = invoked.slice(1).flat();
    expect(again.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual([
      "2",
      "2",
      "2",
    ]);
  });

  test("a handler that is killed during a batch exits alone, and its batch is received again", async () => {
    const latch = await openLatch();
    const queue = await TestQueue.create(server, 2);
    const fn = start("atLatch", { environment: latch.environment, timeoutMs: 2000 });
    const [victimId] = await queue.send(["victim"]);
    const source = connect(queue, fn, { maximumConcurrency: 2 });
    await latch.arrived(1);
    const [victim = 0] = fn.pids();
    await queue.send(["survivor"]);
    await latch.arrived(2);
    process.kill(victim, "SIGKILL");
    await settled(1);
    expect(reports[0]).toMatchObject({
      messageIds: [victimId],
      result: { kind: "crashed", signal: "SIGKILL" },
      failures: [victimId],
      deleted: [],
    });
    expect(await latch.arrived(1)).toEqual(["survivor"]);
    latch.open();
    await settled(2);
    expect(reports[1]).toMatchObject({ result: { kind: "returned" }, failures: [] });
    expect(await latch.arrived(1)).toEqual(["victim"]);
    latch.open();
    await settled(3);
    expect(reports[2]).toMatchObject({ deleted: [victimId] });
    expect(fn.pids()).not.toContain(victim);
    expect(source.inFlight()).toBe(0);
  });

  test("a broken handler is retried with a backoff, which a stop does not wait for", async () => {
    const queue = await TestQueue.create(server, 30);
    await queue.send(numbered(20));
    const source = connect(queue, start("alwaysThrow"), { batchSize: 1 });
    await settled(1);
    const mayHaveRun = performance.now();
    await settled(5);
    // Five invocations have 100 + 200 + 400 + 800 ms between them.
    expect(performance.now() - mayHaveRun).toBeGreaterThan(1400);
    const stopping = performance.now();
    await source.stop();
    expect(performance.now() - stopping).toBeLessThan(1000);
  });
});

test("concurrent invocations reach the maximum and never exceed it; no message is received early", async () => {
  const latch = await openLatch();
  const queue = await TestQueue.create(server, 30);
  await queue.send(numbered(45));
  const fn = start("atLatch", {
    environment: latch.environment,
    maximumConcurrency: 4,
    timeoutMs: 30_000,
  });
  const source = connect(queue, fn, { maximumConcurrency: 3 });
  await latch.arrived(3);
  expect(source.inFlight()).toBe(30);
  await depth(queue).toEqual({ waiting: 15, taken: 30 });
  latch.open();
  await latch.arrived(2);
  latch.open();
  await settled(5);
  expect(latch.most).toBe(3);
  await depth(queue).toEqual({ waiting: 0, taken: 0 });
});

describe("stop", () => {
  test("finishes and deletes the batch in flight, and releases the messages of its last poll", async () => {
    const latch = await openLatch();
    const polling = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    let receives = 0;
    const proxy = await FaultProxy.start(server.endpoint, ({ operation }) => {
      if (operation === "ReceiveMessage") receives += 1;
      if (receives === 2) polling.resolve();
      if (operation === "ChangeMessageVisibilityBatch") released.resolve();
      return undefined;
    });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const queue = await TestQueue.create(server, 30);
    const inFlight = await queue.send(numbered(3));
    const fn = start("atLatch", { environment: latch.environment, timeoutMs: 30_000 });
    const sqs = clientOf(server, { endpoint: proxy.endpoint });
    const source = connect(queue, fn, { sqs, maximumConcurrency: 2 });
    await latch.arrived(1);
    await polling.promise;
    const pids = fn.pids();
    let stopped = false;
    const stopping = source.stop().then(() => {
      stopped = true;
    });
    await queue.send(["after the stop", "this too"]);
    await released.promise;
    await depth(queue).toEqual({ waiting: 2, taken: 3 });
    await expect.poll(() => source.inFlight(), within).toBe(3);
    expect(stopped).toBe(false);
    latch.open();
    await stopping;
    await fn.stop();
    expect(reports).toMatchObject([{ result: { kind: "returned" }, failures: [] }]);
    expect(reports[0]?.deleted.toSorted()).toEqual(inFlight.toSorted());
    expect(source.inFlight()).toBe(0);
    expect(await queue.depth()).toEqual({ waiting: 2, taken: 0 });
    expect(pids.some(isAlive)).toBe(false);
    expect(errors).toEqual([]);
  });

  test("releases the messages that a window has collected", async () => {
    const queue = await TestQueue.create(server, 30);
    await queue.send(numbered(4));
    const source = connect(queue, start("succeed"), { windowMs: 300_000 });
    await expect.poll(() => source.inFlight(), within).toBe(4);
    await source.stop();
    expect(source.inFlight()).toBe(0);
    expect(await queue.depth()).toEqual({ waiting: 4, taken: 0 });
    expect(invoked).toEqual([]);
  });
});

describe("when SQS fails", () => {
  test("a server that is down is reported, retried with a backoff, and used when it is up again", async () => {
    const own = await Server.start();
    onTestFinished(() => own.remove());
    const queue = await TestQueue.create(own, 30);
    const times: number[] = [];
    const source = connect(queue, start("succeed"), {
      // Without the SDK's retries: the pauses are the event source's.
      sqs: clientOf(own, { maxAttempts: 1 }),
      onError: (error) => {
        errors.push(error);
        times.push(performance.now());
      },
    });
    await queue.send(["before"]);
    await settled(1);
    await own.down();
    await expect.poll(() => errors.length, within).toBeGreaterThanOrEqual(4);
    expect(errors[3]?.message).toContain("ECONNREFUSED");
    // Four attempts have 100 + 200 + 400 ms between them.
    expect((times[3] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(650);
    await own.up();
    await queue.send(["after"]);
    await settled(2);
    await source.stop();
  });

  test("failed deletes are retried, and those that never succeed are reported", async () => {
    let calls = 0;
    const proxy = await FaultProxy.start(server.endpoint, async ({ operation }, body) => {
      if (operation !== "DeleteMessageBatch") return undefined;
      calls += 1;
      const { Entries }: { Entries: { Id: string }[] } = JSON.parse(await body());
      const refused = { Code: "InternalError", SenderFault: false, Message: "try again" };
      if (calls > 2) return undefined;
      const Failed = Entries.map(({ Id }) => ({ Id, ...refused }));
      return { kind: "answer", json: { Failed, Successful: [] } };
    });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const queue = await TestQueue.create(server, 30);
    await queue.send(numbered(5));
    connect(queue, start("succeed"), { sqs: clientOf(server, { endpoint: proxy.endpoint }) });
    await settled(1);
    expect(calls).toBe(3);
    expect(reports[0]?.deleted).toHaveLength(5);
    expect(errors).toEqual([]);
    calls = Number.NEGATIVE_INFINITY;
    const [stubborn] = await queue.send(["never deleted"]);
    await settled(2);
    expect(reports[1]).toMatchObject({ messageIds: [stubborn], deleted: [], failures: [] });
    expect(errors).toMatchObject([
      { message: expect.stringContaining(`${stubborn}: InternalError`) },
    ]);
  });
});

describe("options that cannot work are rejected", () => {
  test.each([
    [{ batchSize: 0 }, "batchSize is 0"],
    [{ batchSize: 11 }, "batchSize is 11"],
    [{ windowMs: -1 }, "windowMs is -1"],
    [{ windowMs: 300_001 }, "windowMs is 300001"],
    [{ maximumConcurrency: 0 }, "maximumConcurrency is 0"],
    [{ maximumConcurrency: 4 }, "the function consumer takes 3 at once"],
  ])("%o", async (changes, message) => {
    const queue = await TestQueue.create(server, 30);
    const fn = start("succeed");
    expect(() => connect(queue, fn, changes)).toThrow(EventSourceOptionsError);
    expect(() => connect(queue, fn, changes)).toThrow(message);
  });

  test("a visibility timeout shorter than the function's timeout, as on AWS", async () => {
    const queue = await TestQueue.create(server, 1);
    await queue.send(["left alone"]);
    const source = connect(queue, start("succeed", { timeoutMs: 1001 }));
    await expect.poll(() => errors.length, within).toBe(1);
    expect(errors[0]?.message).toContain("1000 ms is less than the timeout of consumer, 1001 ms");
    await source.stop();
    expect(await queue.depth()).toEqual({ waiting: 1, taken: 0 });
  });
});
