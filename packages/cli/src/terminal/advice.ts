import type { DeadLetterReason } from "@imagefleet/core/outcome";

/** What a person does about a dead letter. */
export const ADVICE: Readonly<Record<DeadLetterReason, string>> = {
  SourceCorrupt: "the file is cut short or damaged: upload it again, whole",
  SourceUnsupported:
    "if the message names a switch, set it in recipe.ts; if this is no picture, remove it, or leave such names out with source.suffixes; otherwise convert it to JPEG, PNG or WebP",
  SourceTooLarge: "make it smaller, or raise limits in recipe.ts",
  SourceEmpty: "the file has no bytes: upload it again",
  SourceArchived: "restore it in S3: when the restore is complete, it is made",
  MessageMalformed:
    "find who sends to the queue what is neither an S3 event nor a job of this fleet's bucket",
  RecipeUnsatisfiable:
    "change what the message names, in recipe.ts or in the source, or leave such sources out",
  StoreUnavailable: "see whether the store answers, then upload it again",
  Throttled: "upload it again when there is less to do",
  TimedOut: "it takes longer than the lane has: look at its pixels, lower lanes.smallBytes",
  OutOfMemory: "it takes more memory than the lane has: lower lanes.smallBytes",
  DiskFull: "give the worker more disk (its scratch folder), or lower limits.bytes in recipe.ts",
  SourceChanging:
    "it was overwritten again and again while it was worked on: redrive it when that has ended",
  Internal: "this is a fault of ours: the message says where",
  Crashed: "the program died each time it tried: lower lanes.smallBytes, or leave the file out",
  DoctorTest: "imagefleet doctor --alarm put it there, and removes it",
};
