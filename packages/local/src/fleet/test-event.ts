import type { SQSClient } from "@aws-sdk/client-sqs";
import { parseMessage } from "@imagefleet/core/intake";
import { Queue } from "@imagefleet/core/queue";

/**
 * Removes S3's test event of a new notification, which would be counted as an upload. Only for a queue
 * that was empty before.
 */
export async function dropTestEvent(sqs: SQSClient, url: string): Promise<void> {
  const queue = new Queue(sqs, url);
  const messages = await queue.receive({ leaseSeconds: 30, waitSeconds: 0 });
  const isTest = ({ body }: { body: string }) => parseMessage(body).kind === "ignored";
  await queue.deleteBatch(messages.filter(isTest));
  await queue.changeVisibilityBatch(
    messages.filter((message) => !isTest(message)),
    0,
  );
}
