import type { SQSBatchResponse } from "aws-lambda";
import { readEvent } from "../event.ts";
import { workOnBatch } from "./batch.ts";
import { compose } from "./compose.ts";

const consume = await compose();

/** Lambda's handler: attempts a batch of the small lane and returns the ids of the messages to retry. */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<SQSBatchResponse> {
  const { messages, unreadable } = readEvent(event);
  if (unreadable.length > 0)
    consume.attempt.log.error(
      { unreadable },
      "records of the event cannot be read as SQS messages",
    );
  const failed = await workOnBatch(messages, consume, () => context.getRemainingTimeInMillis());
  return {
    batchItemFailures: [...failed, ...unreadable].map((itemIdentifier) => ({ itemIdentifier })),
  };
}
