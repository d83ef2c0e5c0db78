export { check, type Verdict, type Wrong } from "./check.ts";
export { type LaneQueues, Letters } from "./letters.ts";
export { look } from "./look.ts";
export { Truth } from "./truth.ts";
