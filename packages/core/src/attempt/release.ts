import { jobMessage, parseMessage } from "../intake/index.ts";
import type { Queue, ReceivedMessage } from "../queue/index.ts";
import { traceOf } from "./source-group.ts";

/**
 * Gives a message back that was not begun, to be received again at once. Where this receive was the
 * last permitted, SQS would move it among the dead for nothing: it is sent anew instead, as jobs
 * that may have been begun, and is then to be acknowledged.
 *
 * @param lane the message's own queue
 * @throws Failure when the queue does not take it: the message then comes back when its visibility ends
 */
export async function release(
  message: ReceivedMessage,
  lane: Queue,
  maxReceives: number,
): Promise<"acknowledge" | "retry"> {
  if (message.receiveCount >= maxReceives) {
    await requeue(message, lane);
    return "acknowledge";
  }
  await lane.changeVisibility(message, 0);
  return "retry";
}

/**
 * Sends what a message asks for as new messages, received for the first time. The old one is to be
 * acknowledged afterwards; a crash between the two leaves a duplicate.
 */
export async function requeue(message: ReceivedMessage, lane: Queue): Promise<void> {
  const intake = parseMessage(message.body);
  const bodies =
    intake.kind === "jobs"
      ? intake.jobs.map((job) => jobMessage({ ...job, mayHaveRun: true, ...traceOf(job, message) }))
      : [message.body];
  for (const body of bodies) await lane.send({ body, attributes: message.attributes });
}
