import type { ReceivedMessage } from "./message.ts";

/** A clock that is ahead by more than this is not trusted, ms. */
const SKEW_MS = 5_000;

/**
 * Reports whether a message was taken out of a dead-letter queue and sent again. A redrive by the
 * AWS console leaves no mark: it resets the receive count and the time of sending, and keeps the
 * body with its own time. A message that crashed its process was hidden for a whole lease before it
 * became a dead letter, so a message that was sent later than that after its own time may be one.
 * The limit is half a lease, because clocks differ. The time in the queue does not count: the time
 * of sending is compared.
 *
 * @param at the body's own time (S3's event time, or when the fleet sent it), ms since the epoch
 * @param leaseSeconds the lane's visibility timeout
 *
 * @example
 * wasRedriven(message, Date.parse("2026-01-31T12:00:00Z"), 300);
 */
export function wasRedriven(
  { sentAt }: Pick<ReceivedMessage, "sentAt">,
  at: number,
  leaseSeconds: number,
): boolean {
  const late = sentAt - at;
  return late < -SKEW_MS || late > leaseSeconds * 500;
}
