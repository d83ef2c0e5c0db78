export {
  type AttemptContext,
  attempt,
  attemptTogether,
  LATE_WRITE_SECONDS,
  type Settlement,
} from "./attempt.ts";
export { type BatchSchedule, scheduleBatch } from "./batch-schedule.ts";
export { release, requeue } from "./release.ts";
export { groupBySource, type ReadMessage, readMessage, type SourceGroup } from "./source-group.ts";
