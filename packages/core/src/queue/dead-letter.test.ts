import fc from "fast-check";
import { expect, it } from "vitest";
import { DEAD_LETTER_ATTRIBUTES, deadLetterAttributes, wasDeadLetter } from "./dead-letter.ts";
import type { ReceivedMessage } from "./message.ts";

function received(attributes: Record<string, string> = {}): ReceivedMessage {
  return {
    id: "1",
    receiptHandle: "h",
    body: "{}",
    attributes,
    receiveCount: 3,
    sentAt: 1_000,
    firstReceivedAt: 2_000,
  };
}

/** What SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const ALLOWED = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]+$/u;

it("writes attributes that SQS takes, whatever the key and the message are", () => {
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

it("keeps the whole key, however long, and cuts the message", () => {
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

it("knows a message that was a dead letter before, and keeps its redrive count", () => {
  const deadLetter = { reason: "Internal", message: "x", lane: "small", lastAttemptAt: 1 } as const;
  const redriven = received({ [DEAD_LETTER_ATTRIBUTES.redriveCount]: "2" });
  expect(wasDeadLetter(received())).toBe(false);
  expect(wasDeadLetter(redriven)).toBe(true);
  expect(deadLetterAttributes(deadLetter, redriven)[DEAD_LETTER_ATTRIBUTES.redriveCount]).toBe("2");
  expect(wasDeadLetter(received(deadLetterAttributes(deadLetter, received())))).toBe(true);
});
