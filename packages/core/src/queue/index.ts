export { backoffSeconds } from "./backoff.ts";
export { BulkQueue, type OutgoingMessage, type QueueCounts } from "./bulk-queue.ts";
export {
  DEAD_LETTER_ATTRIBUTES,
  type DeadLetterDetails,
  deadLetterAttributes,
  hasRecordedReason,
  MAX_ATTRIBUTES,
  wasDeadLetter,
} from "./dead-letter.ts";
export { inBatches } from "./in-batches.ts";
export type { ReceivedMessage } from "./message.ts";
export { Queue } from "./queue.ts";
export { type DeadLetter, readDeadLetter, redriveAttributes } from "./read-dead-letter.ts";
export { wasRedriven } from "./redriven.ts";
