export { Failure, Rejection } from "./error.ts";
export { LANES, type Lane, type Outcome, type OutcomeKind } from "./outcome.ts";
export {
  CRASHED,
  type DeadLetterReason,
  DOCTOR_TEST,
  FAILED_REASONS,
  type FailedReason,
  REJECTED_REASONS,
  type RejectedReason,
} from "./reason.ts";
