export { check, isNear, type Verdict, type Violation } from "./check.ts";
export { type DeadLetter, DeadLetters, isOwed, type LaneQueues } from "./dead-letters.ts";
export { ExpectedState } from "./expected-state.ts";
export type { FullSnapshot } from "./snapshot.ts";
export { look, pixelsOf } from "./take.ts";
