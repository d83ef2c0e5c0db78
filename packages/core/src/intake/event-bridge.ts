import * as v from "valibot";
import type { Job } from "./job.ts";
import { timeOf } from "./time.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
export const eventBridgeSchema = v.object({
  source: v.literal("aws.s3"),
  time: v.optional(v.string()),
  "detail-type": v.picklist(["Object Created", "Object Deleted"]),
  detail: v.object({
    bucket: v.object({ name: v.pipe(v.string(), v.nonEmpty()) }),
    object: v.object({
      key: v.pipe(v.string(), v.nonEmpty()),
      size: v.optional(v.pipe(v.number(), v.minValue(0))),
    }),
  }),
});

/** Keys in EventBridge events are raw: decoding them again would lose `+` and `%`. */
export function jobOfEventBridge({ detail, time }: v.InferOutput<typeof eventBridgeSchema>): Job {
  return {
    bucket: detail.bucket.name,
    key: detail.object.key,
    ...(detail.object.size === undefined ? {} : { bytes: detail.object.size }),
    ...timeOf(time),
    begun: false,
    force: false,
  };
}
