import * as v from "valibot";
import { KEY_FORMATS } from "./key-line.ts";

/** Which sources are meant: what a checkpoint keeps, so that a resumed run means the same. */
export const selectionSchema = v.object({
  bucket: v.string(),
  prefix: v.string(),
  /** A file of keys; then nothing is listed. */
  from: v.optional(v.string()),
  format: v.optional(v.picklist(KEY_FORMATS)),
  columns: v.string(),
  suffixes: v.optional(v.array(v.string())),
  /** ms since the epoch */
  newerThan: v.optional(v.number()),
  /** ms since the epoch */
  olderThan: v.optional(v.number()),
  /** bytes */
  largerThan: v.optional(v.number()),
  onlyStale: v.boolean(),
  preset: v.optional(v.string()),
  force: v.boolean(),
});
export type Selection = v.InferOutput<typeof selectionSchema>;
