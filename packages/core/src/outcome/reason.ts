/** The source or the message is to blame: trying again cannot help. */
export const REJECTED_REASONS = [
  "SourceCorrupt",
  "SourceUnsupported",
  "SourceTooLarge",
  "SourceEmpty",
  "SourceArchived",
  "MessageMalformed",
  "RecipeUnsatisfiable",
] as const;

/** The world is to blame: trying again may help. */
export const FAILED_REASONS = [
  "StoreUnavailable",
  "Throttled",
  "TimedOut",
  "OutOfMemory",
  "DiskFull",
  "SourceChanging",
  "Internal",
] as const;

/** What a dead letter shows that SQS itself moved: no program lived to write a reason. */
export const CRASHED = "Crashed";

/** What `imagefleet doctor --alarm` puts among the dead letters, to see whether anybody is told. */
export const DOCTOR_TEST = "DoctorTest";

export type RejectedReason = (typeof REJECTED_REASONS)[number];
export type FailedReason = (typeof FAILED_REASONS)[number];
export type DeadLetterReason = RejectedReason | FailedReason | typeof CRASHED | typeof DOCTOR_TEST;
