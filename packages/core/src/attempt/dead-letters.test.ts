import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { DEAD_LETTER_ATTRIBUTES, Queue } from "../queue/index.ts";
import { RenditionStore } from "../store/index.ts";
import { LATE_WRITE_SECONDS } from "./attempt.ts";
import {
  attempt,
  context,
  deadLetters,
  failing,
  inSandbox,
  jobBody,
  key,
  MIB,
  message,
  never,
  picture,
  sandbox,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

describe("attempt", () => {
  it("writes a dead letter at once for a rejected job, with its body and the reason", async () => {
    await upload(Buffer.from("no picture"));
    const body = jobBody();
    const settlement = await attempt(message(body, { receiveCount: 1 }), context(), never);
    expect(settlement).toEqual({ kind: "acknowledge" });
    expect(await deadLetters()).toEqual([
      {
        body,
        attributes: expect.objectContaining({
          [DEAD_LETTER_ATTRIBUTES.reason]: "SourceUnsupported",
          [DEAD_LETTER_ATTRIBUTES.message]: expect.stringMatching(/./),
          [DEAD_LETTER_ATTRIBUTES.lane]: "small",
          [DEAD_LETTER_ATTRIBUTES.bucket]: sandbox.resources.sourceBucket,
          [DEAD_LETTER_ATTRIBUTES.key]: key,
          [DEAD_LETTER_ATTRIBUTES.lastAttemptAt]: "2023-11-14T22:13:20.000Z",
          [DEAD_LETTER_ATTRIBUTES.receiveCount]: "1",
          [DEAD_LETTER_ATTRIBUTES.redriveCount]: "0",
        }),
      },
    ]);
  });

  it("writes a dead letter for a message that it cannot read", async () => {
    const settlement = await attempt(message("{not json"), context(), never);
    expect(settlement).toEqual({ kind: "acknowledge" });
    const [deadLetter] = await deadLetters();
    expect(deadLetter).toMatchObject({
      body: "{not json",
      attributes: { [DEAD_LETTER_ATTRIBUTES.reason]: "MessageMalformed" },
    });
    expect(deadLetter?.attributes[DEAD_LETTER_ATTRIBUTES.key]).toBeUndefined();
  });

  it("retries a failed job later each time, and writes a dead letter with its reason at the last receive", async () => {
    await upload(await picture());
    const seconds: number[] = [];
    for (const receiveCount of [1, 2, 3, 4]) {
      const settlement = await attempt(message(jobBody(), { receiveCount }), failing(), never);
      seconds.push(settlement.kind === "retry" ? settlement.seconds : Number.NaN);
    }
    expect(seconds).toEqual([2, 3, 6, 12]);
    expect(await deadLetters()).toEqual([]);

    const last = await attempt(message(jobBody(), { receiveCount: 5 }), failing(), never);
    expect(last).toEqual({ kind: "acknowledge" });
    expect(await deadLetters()).toMatchObject([
      {
        attributes: {
          [DEAD_LETTER_ATTRIBUTES.reason]: "StoreUnavailable",
          [DEAD_LETTER_ATTRIBUTES.receiveCount]: "5",
        },
      },
    ]);
  });

  it("hides a message and its dead letter until a write that was given up cannot take effect any more", async () => {
    await upload(await picture());
    // A store that answers everything but writes.
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
    const url = sandbox.resources.lanes.large.deadLetters;
    const given = context({ deadLetters: new Queue(sandbox.sqs, url) });
    const silent = { ...given, reconcile: { ...given.reconcile, renditions } };
    const settlement = await attempt(message(jobBody()), silent, never);
    expect(settlement).toMatchObject({ kind: "retry", minRetrySeconds: LATE_WRITE_SECONDS });
    const last = message(jobBody(), { receiveCount: 5 });
    expect(await attempt(last, silent, never)).toEqual({ kind: "acknowledge" });
    // The dead letter is sent, and hidden.
    const AttributeNames = ["ApproximateNumberOfMessagesDelayed" as const];
    const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames });
    expect((await sandbox.sqs.send(asked)).Attributes).toEqual({
      ApproximateNumberOfMessagesDelayed: "1",
    });
    unanswered.destroy();
  });

  it("does not acknowledge a message whose dead letter or forwarded job it could not send", async () => {
    await upload(Buffer.from("no picture"));
    const nowhere = new Queue(sandbox.sqs, `${sandbox.endpoint}/000000000000/no-such-queue`);
    const noDeadLetters = context({ deadLetters: nowhere });
    expect(await attempt(message(jobBody()), noDeadLetters, never)).toMatchObject({
      kind: "retry",
    });
    const noLarge = context({ large: nowhere });
    const big = message(jobBody({ bytes: 21 * MIB }));
    expect(await attempt(big, noLarge, never)).toMatchObject({ kind: "retry" });
    // After its last receive SQS makes it a dead letter without attributes, and not earlier than
    // after a crash: the lease is 30 s.
    const last = message(jobBody(), { receiveCount: 5 });
    const settlement = await attempt(last, noDeadLetters, never);
    expect(settlement.kind === "retry" && settlement.seconds).toBeGreaterThanOrEqual(30);
  });
});
