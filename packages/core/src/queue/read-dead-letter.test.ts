import { expect, it } from "vitest";
import { jobMessage } from "../intake/index.ts";
import { DEAD_LETTER_ATTRIBUTES, deadLetterAttributes, wasDeadLetter } from "./dead-letter.ts";
import type { ReceivedMessage } from "./message.ts";
import { readDeadLetter, redriveAttributes } from "./read-dead-letter.ts";

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

const source = { bucket: "photos", key: "a.jpg" };
const dead = { reason: "Throttled", message: "slow", lane: "large", lastAttemptAt: 5_000 } as const;

it("reads back what was written", () => {
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

it("knows a key that no attribute can hold by the body", () => {
  const key = "trunc\u001b[2J.jpg";
  const of = { bucket: "photos", mayHaveRun: false, force: false };
  const body = jobMessage({ ...of, key });
  const attributes = deadLetterAttributes({ ...dead, source: { ...source, key } }, received());
  expect(attributes[DEAD_LETTER_ATTRIBUTES.key]).toBe("trunc\ufffd[2J.jpg");
  expect(readDeadLetter({ ...received(attributes), body }, "large").source?.key).toBe(key);
});

it("calls a letter without a reason Crashed, and knows its source by the body", () => {
  expect(readDeadLetter(received({ RedriveCount: "1" }), "small")).toMatchObject({
    reason: "Crashed",
    source,
    lastAttemptAt: 1_000,
    redriveCount: 1,
  });
  expect(readDeadLetter({ ...received(), body: "no job" }, "small")).not.toHaveProperty("source");
});

it("knows the run whose job it was", () => {
  const run = "7f1c";
  const body = jobMessage({ bucket: "photos", key: "a.jpg", mayHaveRun: true, force: false, run });
  expect(readDeadLetter({ ...received(), body }, "large")).toMatchObject({ run });
  expect(readDeadLetter(received(), "large")).not.toHaveProperty("run");
});

it("redrives with one more, as begun, without the old reason, and keeps what others wrote", () => {
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

it("believes no attribute that cannot be true, and adds no more than SQS takes", () => {
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
