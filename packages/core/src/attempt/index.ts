export { type AttemptContext, attempt, leastSeconds, type Settlement } from "./attempt.ts";
