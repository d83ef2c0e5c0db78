export { backoffSeconds } from "./backoff.ts";
export {
  DEAD_LETTER_ATTRIBUTES,
  type DeadLetter,
  type DeadLetterDetails,
  deadLetterAttributes,
  hasRecordedReason,
  MAX_ATTRIBUTES,
  readDeadLetter,
  redriveAttributes,
  wasDeadLetter,
} from "./dead-letter.ts";
export type { ReceivedMessage } from "./message.ts";
export { type BatchResult, type OutgoingMessage, Queue, type QueueCounts } from "./queue.ts";
export { wasRedriven } from "./redriven.ts";
