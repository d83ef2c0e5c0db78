import type { SQSBatchResponse } from "aws-lambda";
import * as v from "valibot";
import { workOnBatch } from "./batch.ts";
import { compose } from "./compose.ts";
import { asReceived, sqsEventSchema } from "./event.ts";

const consume = await compose();

/** Lambda's entry: takes up to ten messages of the small lane, answers with those that must come back. */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<SQSBatchResponse> {
  const { Records: records } = v.parse(sqsEventSchema, event);
  const failed = await workOnBatch(records.map(asReceived), consume, () =>
    context.getRemainingTimeInMillis(),
  );
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
