import type { DeadLetterReason } from "@imagefleet/core/outcome";
import { ADVICE } from "../../terminal/advice.ts";

/** What an operator does about a letter: the ways are to redrive, to mend, to discard. */
export const DEAD_LETTER_ADVICE: Readonly<Record<DeadLetterReason, string>> = {
  ...ADVICE,
  SourceCorrupt: "cut short or damaged: have it uploaded again, then discard",
  SourceEmpty: "it has no bytes: have it uploaded again, then discard",
  SourceArchived: "restore it in S3: its event makes it when it is complete; then discard",
  SourceTooLarge: "make it smaller, or raise limits in recipe.ts, deploy and redrive",
  RecipeUnsatisfiable:
    "change what the message names: in recipe.ts, deploy and redrive; in the source, discard",
  StoreUnavailable: "S3 or SQS did not answer, or a permission is missing: mend, redrive",
  Throttled: "too much at once: redrive slowly, --rate 5",
  TimedOut: "longer than its lane has: lower lanes.smallBytes in recipe.ts, redrive",
  OutOfMemory: "more memory than its lane has: lower lanes.smallBytes, redrive",
  Internal: "a fault of the program: mend and deploy, then redrive",
  Crashed: "the program died each time: see its log, mend, redrive with --rate 5",
  DoctorTest: "imagefleet doctor --alarm put it there: discard it if that has ended",
};

/** Trying again as it is may help. */
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
