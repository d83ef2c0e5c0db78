export { check, type Verdict, type Violation } from "./check.ts";
export { DeadLetters, type LaneQueues } from "./dead-letters.ts";
export { ExpectedState } from "./expected-state.ts";
export { look } from "./take.ts";
