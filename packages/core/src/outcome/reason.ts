/** The source, the message or the recipe is at fault: a retry cannot help. */
export const REJECTED_REASONS = [
  "SourceCorrupt",
  "SourceUnsupported",
  "SourceTooLarge",
  "SourceEmpty",
  "SourceArchived",
  "MessageMalformed",
  "RecipeUnsatisfiable",
] as const;

/** Something else is at fault: a retry may help. */
export const FAILED_REASONS = [
  "StoreUnavailable",
  "Throttled",
  "TimedOut",
  "OutOfMemory",
  "DiskFull",
  "SourceChanging",
  "Internal",
] as const;

/** The reason of a dead letter that SQS moved after a crash, without a reason of its own. */
export const CRASHED = "Crashed";

/** The reason of the dead letter with which `imagefleet doctor --alarm` tests the alarm. */
export const DOCTOR_TEST = "DoctorTest";

export type RejectedReason = (typeof REJECTED_REASONS)[number];
export type FailedReason = (typeof FAILED_REASONS)[number];
export type DeadLetterReason = RejectedReason | FailedReason | typeof CRASHED | typeof DOCTOR_TEST;
