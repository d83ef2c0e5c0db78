import type { DeadLetter } from "@imagefleet/core/queue";

/** A dead letter in JSON output; unknown values are null. */
export function deadLetterJson(deadLetter: DeadLetter) {
  const { id, lane, reason, message, source, firstAttemptAt, lastAttemptAt } = deadLetter;
  return {
    version: 1,
    id,
    lane,
    reason,
    message,
    bucket: source?.bucket ?? null,
    key: source?.key ?? null,
    firstAttemptAt: firstAttemptAt === undefined ? null : new Date(firstAttemptAt).toISOString(),
    lastAttemptAt: new Date(lastAttemptAt).toISOString(),
    receiveCount: deadLetter.receiveCount ?? null,
    redriveCount: deadLetter.redriveCount,
  };
}
