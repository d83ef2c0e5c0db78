const MAX_SECONDS = 900;

/**
 * How long a failed message stays hidden: 2^n s after the n-th receive, with "equal jitter" (half
 * fixed, half random), so that messages that failed together are not retried together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param receiveCount 1 at the first receive
 * @param random in [0, 1)
 * @returns s, from 1 to 900
 *
 * @example
 * await queue.changeVisibility(message, backoffSeconds(message.receiveCount, Math.random()));
 */
export function backoffSeconds(receiveCount: number, random: number): number {
  const full = Math.min(MAX_SECONDS, 2 ** Math.max(1, receiveCount));
  return Math.max(1, Math.round(full / 2 + (full / 2) * random));
}
