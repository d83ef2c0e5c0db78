import type { SQSClient } from "@aws-sdk/client-sqs";
import { parseMessage } from "@imagefleet/core/intake";
import { Queue } from "@imagefleet/core/queue";

/**
 * Takes the message out by which S3 tries a new notification: it is nobody's upload, and would be
 * counted as one. Only of a queue that held nothing before.
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
