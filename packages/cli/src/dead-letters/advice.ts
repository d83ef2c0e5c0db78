import type { DeadLetterReason } from "@imagefleet/core/outcome";
import { ADVICE } from "../terminal/advice.ts";

/** What an operator does about a dead letter: redrive it, fix the cause first, or discard it. */
export const DEAD_LETTER_ADVICE: Readonly<Record<DeadLetterReason, string>> = {
  ...ADVICE,
  SourceCorrupt: "the file is truncated or damaged: upload it again, then discard",
  SourceEmpty: "the file is empty: upload it again, then discard",
  SourceArchived:
    "restore it in S3; the event of the completed restore renders it. Then discard the dead letter",
  SourceTooLarge: "make it smaller, or raise limits in recipe.ts, deploy and redrive",
  RecipeUnsatisfiable:
    "change what the message names: if it is in recipe.ts, deploy and redrive; if it is the source, discard",
  StoreUnavailable: "S3 or SQS did not respond, or a permission is missing: fix that, then redrive",
  Throttled: "too many requests at once: redrive slowly with --rate 5",
  TimedOut: "it takes longer than its lane allows: lower lanes.smallBytes in recipe.ts, redrive",
  OutOfMemory: "it needs more memory than its lane has: lower lanes.smallBytes, redrive",
  Internal: "a bug in the program: fix it, deploy, then redrive",
  Crashed: "the program crashed on every attempt: read its log, fix it, redrive with --rate 5",
  DoctorTest: "imagefleet doctor --alarm created it: discard it if doctor is no longer running",
};

/** Reasons for which a redrive without other changes may help. */
export const WORTH_REDRIVING: readonly DeadLetterReason[] = [
  "StoreUnavailable",
  "Throttled",
  "TimedOut",
  "OutOfMemory",
  "DiskFull",
  "SourceChanging",
  "Internal",
  "Crashed",
];
