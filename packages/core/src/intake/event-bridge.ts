import * as v from "valibot";
import type { Job } from "./job.ts";
import { bucketName, objectKey, sizeHint, timeHint } from "./object-name.ts";

/**
 * What every EventBridge event of S3 contains.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export const eventBridgeSchema = v.object({
  source: v.literal("aws.s3"),
  "detail-type": v.string(),
});

/**
 * The events after which renditions may be out of date. The expiration by a lifecycle rule is an
 * `Object Deleted`. The other types (started and expired restores, tags, ACLs, storage classes) leave
 * the content as it is.
 */
export const JOB_TYPES: readonly string[] = [
  "Object Created",
  "Object Deleted",
  "Object Restore Completed",
];

/** An event of these types. Its key is raw: decoding it would change `+` and `%`. */
export const objectEventSchema = v.pipe(
  v.object({
    time: v.optional(timeHint),
    detail: v.object({
      bucket: v.object({ name: bucketName }),
      object: v.object({ key: objectKey, size: v.optional(sizeHint) }),
    }),
  }),
  v.transform(({ detail, time }): Job => {
    const { key, size } = detail.object;
    return {
      bucket: detail.bucket.name,
      key,
      ...(size !== undefined && { bytes: size }),
      ...(time !== undefined && { at: time }),
      mayHaveRun: false,
      force: false,
    };
  }),
);
