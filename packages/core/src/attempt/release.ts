import { jobMessage } from "../intake/index.ts";
import type { Queue } from "../queue/index.ts";
import { jobsOf, type ReadMessage } from "./source-group.ts";

/**
 * Ends the visibility timeout of a message that was not attempted. At its last permitted receive,
 * SQS would move it to the dead-letter queue without need: it is requeued instead.
 *
 * @param lane the message's own queue
 * @returns the settlement that the message still needs
 * @throws Failure when SQS fails: the message is then received again when its visibility timeout ends
 *
 * @example
 * if ((await release(read, queue, 5)) === "acknowledge") await queue.delete(read.message);
 */
export async function release(
  read: ReadMessage,
  lane: Queue,
  maxReceives: number,
): Promise<"acknowledge" | "retry"> {
  if (read.message.receiveCount >= maxReceives) {
    await requeue(read, lane);
    return "acknowledge";
  }
  await lane.changeVisibility(read.message, 0);
  return "retry";
}

/**
 * Sends the jobs of a message as new messages, which have not been received yet. The caller
 * acknowledges the old message afterwards: a crash in between leaves a duplicate.
 *
 * @throws Failure when SQS fails
 *
 * @example
 * await requeue(read, queue);
 * await queue.delete(read.message);
 */
export async function requeue(read: ReadMessage, lane: Queue): Promise<void> {
  const { body, attributes } = read.message;
  const jobs = jobsOf(read).map((job) => jobMessage({ ...job, mayHaveRun: true }));
  for (const each of jobs.length > 0 ? jobs : [body]) await lane.send({ body: each, attributes });
}
