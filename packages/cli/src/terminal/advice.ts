import type { DeadLetterReason } from "@imagefleet/core/outcome";

/** What a person who runs the fleet locally does about a dead letter. */
export const ADVICE: Readonly<Record<DeadLetterReason, string>> = {
  SourceCorrupt: "the file is truncated or damaged: upload a complete copy",
  SourceUnsupported:
    "if the message names a switch, set it in recipe.ts; if this is not an image, remove it or exclude such names with source.suffixes; otherwise convert it to JPEG, PNG or WebP",
  SourceTooLarge: "make it smaller, or raise limits in recipe.ts",
  SourceEmpty: "the file is empty: upload it again",
  SourceArchived: "restore it in S3: it is rendered when the restore is complete",
  MessageMalformed:
    "find the sender of a message that is neither an S3 event nor a job for this fleet's bucket",
  RecipeUnsatisfiable:
    "change what the message names, in recipe.ts or in the source, or exclude such sources",
  StoreUnavailable: "check that the store responds, then upload it again",
  Throttled: "upload it again when there is less load",
  TimedOut:
    "it takes longer than the lane allows: check its size in pixels, lower lanes.smallBytes",
  OutOfMemory: "it needs more memory than the lane has: lower lanes.smallBytes",
  DiskFull: "give the worker's scratch folder more disk space, or lower limits.bytes in recipe.ts",
  SourceChanging:
    "it was overwritten repeatedly while it was rendered: redrive it when the uploads have ended",
  Internal: "this is a bug in imagefleet: the message contains the details",
  Crashed: "the program crashed on every attempt: lower lanes.smallBytes, or leave the file out",
  DoctorTest: "imagefleet doctor --alarm created it and deletes it",
};
