export { backoffSeconds } from "./backoff.ts";
export {
  DEAD_LETTER_ATTRIBUTES,
  type DeadLetterDetails,
  deadLetterAttributes,
  hasRecordedReason,
  MAX_ATTRIBUTES,
  wasDeadLetter,
} from "./dead-letter.ts";
export type { ReceivedMessage } from "./message.ts";
export { type BatchResult, type OutgoingMessage, Queue, type QueueCounts } from "./queue.ts";
export { type DeadLetter, readDeadLetter, redriveAttributes } from "./read-dead-letter.ts";
export { wasRedriven } from "./redriven.ts";
