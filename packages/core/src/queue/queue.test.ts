import { type BatchResultErrorEntry, SQSClient } from "@aws-sdk/client-sqs";
import * as v from "valibot";
import { expect, it } from "vitest";
import { Queue } from "./queue.ts";

const URL = "https://sqs.eu-west-1.amazonaws.com/1/jobs";
const request = v.object({ Entries: v.array(v.object({ ReceiptHandle: v.string() })) });

/** A client that answers each batch from a list, and records the receipt handles that it is sent. */
function answering(...answers: Partial<BatchResultErrorEntry>[][]) {
  const sent: string[][] = [];
  const sqs = new SQSClient({ region: "eu-west-1" });
  sqs.middlewareStack.add(
    () => async (args) => {
      const { Entries } = v.parse(request, args.input);
      sent.push(Entries.map(({ ReceiptHandle }) => ReceiptHandle));
      return { output: { Failed: answers.shift() ?? [], $metadata: {} }, response: undefined };
    },
    { step: "initialize" },
  );
  return { sqs, sent };
}

const messages = Array.from({ length: 12 }, (_, n) => ({ receiptHandle: `h${n}` }));
const busy = { SenderFault: false, Code: "InternalError" };
const over = { SenderFault: true, Code: "ReceiptHandleIsInvalid", Message: "the lease is over" };

it("retries what failed in a batch, and returns what SQS refused", async () => {
  const { sqs, sent } = answering(
    [
      { Id: "2", ...busy },
      { Id: "3", ...over },
    ],
    [],
    [],
  );
  const { done, refused } = await new Queue(sqs, URL, { batchAttempts: 2 }).deleteBatch(messages);
  const [h2, h3] = messages.slice(2);
  expect(sent.map((each) => each.length)).toEqual([10, 1, 2]);
  expect(sent[1]).toEqual(["h2"]);
  expect(refused).toEqual([{ message: h3, why: "the lease is over" }]);
  expect(new Set(done)).toEqual(new Set(messages.filter((message) => message !== h3)));
  expect(done).toContain(h2);
});

it("throws when a part of a batch fails at the last attempt", async () => {
  const { sqs, sent } = answering([
    { Id: "0", ...over },
    { Id: "1", ...busy },
  ]);
  await expect(new Queue(sqs, URL).changeVisibilityBatch(messages, 0)).rejects.toMatchObject({
    reason: "StoreUnavailable",
    message: expect.stringContaining("InternalError"),
  });
  expect(sent).toHaveLength(1);
});
