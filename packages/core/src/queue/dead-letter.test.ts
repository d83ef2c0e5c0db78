import fc from "fast-check";
import { expect, it } from "vitest";
import { jobMessage } from "../intake/index.ts";
import {
  DEAD_LETTER_ATTRIBUTES,
  deadLetterAttributes,
  readDeadLetter,
  redriveAttributes,
  wasDeadLetter,
} from "./dead-letter.ts";
import type { ReceivedMessage } from "./message.ts";

function received(attributes: Record<string, string> = {}): ReceivedMessage {
  const body = jobMessage({ bucket: "photos", key: "a.jpg", mayHaveRun: false, force: false });
  return {
    id: "1",
    receiptHandle: "h",
    body,
    attributes,
    receiveCount: 3,
    sentAt: 1_000,
    firstReceivedAt: 2_000,
  };
}

/** What SQS accepts: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const ALLOWED = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]+$/u;

it("writes attributes that SQS accepts, for any key and message", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 1024 }),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1024 }),
      (message, key) => {
        const deadLetter = {
          reason: "SourceCorrupt",
          message,
          lane: "small",
          source: { bucket: "photos", key },
          lastAttemptAt: 5_000,
        } as const;
        const attributes = deadLetterAttributes(deadLetter, received());
        expect(Object.keys(attributes).length).toBeLessThanOrEqual(10);
        for (const value of Object.values(attributes)) expect(value).toMatch(ALLOWED);
      },
    ),
  );
});

it("keeps a long key whole, and truncates a long message", () => {
  const key = "k".repeat(1024);
  const deadLetter = {
    reason: "Internal",
    message: "m".repeat(10_000),
    lane: "large",
    source: { bucket: "photos", key },
    lastAttemptAt: 5_000,
  } as const;
  const attributes = deadLetterAttributes(deadLetter, received());
  expect(attributes[DEAD_LETTER_ATTRIBUTES.key]).toBe(key);
  expect(attributes[DEAD_LETTER_ATTRIBUTES.message]).toHaveLength(500);
  expect(attributes[DEAD_LETTER_ATTRIBUTES.firstAttemptAt]).toBe("1970-01-01T00:00:02.000Z");
  expect(attributes[DEAD_LETTER_ATTRIBUTES.receiveCount]).toBe("3");
});

it("recognizes a message that was a dead letter before, and keeps its redrive count", () => {
  const deadLetter = { reason: "Internal", message: "x", lane: "small", lastAttemptAt: 1 } as const;
  const redriven = received({ [DEAD_LETTER_ATTRIBUTES.redriveCount]: "2" });
  expect(wasDeadLetter(received())).toBe(false);
  expect(wasDeadLetter(redriven)).toBe(true);
  expect(deadLetterAttributes(deadLetter, redriven)[DEAD_LETTER_ATTRIBUTES.redriveCount]).toBe("2");
  expect(wasDeadLetter(received(deadLetterAttributes(deadLetter, received())))).toBe(true);
});

const source = { bucket: "photos", key: "a.jpg" };
const dead = { reason: "Throttled", message: "slow", lane: "large", lastAttemptAt: 5_000 } as const;

it("reads the attributes that it writes", () => {
  const attributes = deadLetterAttributes({ ...dead, source }, received({ RedriveCount: "2" }));
  expect(readDeadLetter(received(attributes), "large")).toEqual({
    id: "1",
    ...dead,
    source,
    firstAttemptAt: 2_000,
    receiveCount: 3,
    redriveCount: 2,
  });
});

it("takes a key that no attribute can contain from the body", () => {
  const key = "trunc\u001b[2J.jpg";
  const of = { bucket: "photos", mayHaveRun: false, force: false };
  const body = jobMessage({ ...of, key });
  const attributes = deadLetterAttributes({ ...dead, source: { ...source, key } }, received());
  expect(attributes[DEAD_LETTER_ATTRIBUTES.key]).toBe("trunc\ufffd[2J.jpg");
  expect(readDeadLetter({ ...received(attributes), body }, "large").source?.key).toBe(key);
});

it("reads a dead letter without a reason as Crashed, with the source in its body", () => {
  expect(readDeadLetter(received({ RedriveCount: "1" }), "small")).toMatchObject({
    reason: "Crashed",
    source,
    lastAttemptAt: 1_000,
    redriveCount: 1,
  });
  expect(readDeadLetter({ ...received(), body: "no job" }, "small")).not.toHaveProperty("source");
});

it("reads the run that sent the job", () => {
  const run = "7f1c";
  const body = jobMessage({ bucket: "photos", key: "a.jpg", mayHaveRun: true, force: false, run });
  expect(readDeadLetter({ ...received(), body }, "large")).toMatchObject({ run });
  expect(readDeadLetter(received(), "large")).not.toHaveProperty("run");
});

it("redrives with a higher count and the reason under another name, and keeps foreign attributes", () => {
  const deadLetter = deadLetterAttributes({ ...dead, source }, received());
  const attributes = redriveAttributes(received({ ...deadLetter, Tenant: "7" }));
  expect(attributes).toEqual({
    [DEAD_LETTER_ATTRIBUTES.redriveCount]: "1",
    [DEAD_LETTER_ATTRIBUTES.redriveOf]: "Throttled",
    Tenant: "7",
  });
  expect(wasDeadLetter(received(attributes))).toBe(true);
  expect(redriveAttributes(received({ RedriveCount: "many" }))).toEqual({ RedriveCount: "1" });
});

it("ignores attributes that cannot be true, and writes no more attributes than SQS accepts", () => {
  const lies = { Bucket: "a/b", Key: "x".repeat(2_000), RedriveCount: "-3", ReceiveCount: "NaN" };
  const deadLetter = readDeadLetter(received({ ...lies, LastAttemptAt: "soon" }), "small");
  expect(deadLetter).toMatchObject({ source, redriveCount: 0, lastAttemptAt: 1_000 });
  expect(deadLetter).not.toHaveProperty("receiveCount");
  expect(deadLetterAttributes(dead, received({ RedriveCount: "x".repeat(1_000) }))).toMatchObject({
    RedriveCount: "0",
  });
  const foreign = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`Foreign${n}`, "x"]));
  const attributes = redriveAttributes(received({ ...foreign, Reason: "Throttled" }));
  expect(Object.keys(attributes)).toHaveLength(10);
  expect(attributes).toMatchObject({ RedriveCount: "1", RedriveOf: "Throttled" });
});
