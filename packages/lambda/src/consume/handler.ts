import type { SQSBatchResponse } from "aws-lambda";
import { workOnBatch } from "./batch.ts";
import { compose } from "./compose.ts";
import { readEvent } from "./event.ts";

const consume = await compose();

/** Lambda's entry: takes up to ten messages of the small lane, answers with those that must come back. */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<SQSBatchResponse> {
  const { messages, unreadable } = readEvent(event);
  if (unreadable.length > 0) consume.attempt.log.error({ unreadable }, "records are none of SQS's");
  const failed = await workOnBatch(messages, consume, () => context.getRemainingTimeInMillis());
  return {
    batchItemFailures: [...failed, ...unreadable].map((itemIdentifier) => ({ itemIdentifier })),
  };
}
