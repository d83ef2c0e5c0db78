export {
  type AttemptContext,
  attempt,
  attemptTogether,
  type Settlement,
} from "./attempt.ts";
export { handBack, sendAnew } from "./hand-back.ts";
export { type LineUp, lineUp } from "./line-up.ts";
export { type Unit, unitsOf } from "./unit.ts";
