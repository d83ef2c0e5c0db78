export { check, isNear, type Verdict, type Violation } from "./check.ts";
export { DeadLetters, type LaneQueues } from "./dead-letters.ts";
export { ExpectedState } from "./expected-state.ts";
export { look, pixelsOf } from "./take.ts";
