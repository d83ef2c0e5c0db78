export { backoffSeconds } from "./backoff.ts";
export { type DeadLetter, LETTER, letterAttributes, wasDeadLetter } from "./dead-letter.ts";
export type { ReceivedMessage } from "./message.ts";
export { wasMoved } from "./moved.ts";
export { Queue } from "./queue.ts";
