export { type AttemptContext, attempt, type Settlement } from "./attempt.ts";
