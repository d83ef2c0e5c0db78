export { check, type Verdict, WRONGS, type Wrong } from "./check.ts";
export { isOwed, type LaneQueues, type Letter, Letters } from "./letters.ts";
export { look } from "./look.ts";
export { Truth } from "./truth.ts";
