export { backoffSeconds } from "./backoff.ts";
export { BulkQueue, type OutgoingMessage, type QueueCounts } from "./bulk-queue.ts";
export {
  type DeadLetter,
  LETTER,
  letterAttributes,
  MAX_ATTRIBUTES,
  wasAnsweredFor,
  wasDeadLetter,
} from "./dead-letter.ts";
export { inBatches } from "./in-batches.ts";
export { type Letter, readLetter, redriveAttributes } from "./letter.ts";
export type { ReceivedMessage } from "./message.ts";
export { wasMoved } from "./moved.ts";
export { Queue } from "./queue.ts";
