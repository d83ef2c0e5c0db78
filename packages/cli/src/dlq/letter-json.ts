import type { Letter } from "@imagefleet/core/queue";

/** A letter as `--json` tells it; what is not known is null. */
export function letterJson(letter: Letter) {
  const { id, lane, reason, message, source, firstAttemptAt, lastAttemptAt } = letter;
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
    receiveCount: letter.receiveCount ?? null,
    redriveCount: letter.redriveCount,
  };
}
