import type { ReceivedMessage } from "./message.ts";

/** A clock may be wrong by as much before it is not trusted at all, ms. */
const SKEW_MS = 5_000;

/**
 * Has somebody taken the message out of a dead-letter queue and sent it again? The console's redrive
 * starts the receive count and the time of sending anew and leaves no mark; what the message says
 * of its own time stays. A message that crashed its program was hidden for a whole lease before it
 * could become a dead letter: sent that long after its own time, it may be one. Half a lease is
 * left for clocks that differ. A queue's backlog does not count: the time of sending is compared.
 *
 * @param at the message's own time (S3's event time, or when we sent it), ms; unknown counts as moved
 * @param leaseSeconds the lane's visibility timeout
 */
export function wasRedriven(
  { sentAt }: Pick<ReceivedMessage, "sentAt">,
  at: number | undefined,
  leaseSeconds: number,
): boolean {
  if (at === undefined) return true;
  const late = sentAt - at;
  return late < -SKEW_MS || late > leaseSeconds * 500;
}
