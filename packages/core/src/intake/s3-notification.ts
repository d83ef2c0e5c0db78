import * as v from "valibot";
import type { Job } from "./job.ts";
import { timeOf } from "./time.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
export const s3NotificationSchema = v.object({
  Records: v.pipe(
    v.array(
      v.object({
        eventSource: v.literal("aws:s3"),
        eventName: v.string(),
        eventTime: v.optional(v.string()),
        s3: v.object({
          bucket: v.object({ name: v.pipe(v.string(), v.nonEmpty()) }),
          object: v.object({
            key: v.pipe(v.string(), v.nonEmpty()),
            size: v.optional(v.pipe(v.number(), v.minValue(0))),
          }),
        }),
      }),
    ),
    v.nonEmpty(),
  ),
});

/** Sent once when a notification is configured: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html */
export const s3TestEventSchema = v.object({ Event: v.literal("s3:TestEvent") });

/** @throws URIError when a key is not form-encoded UTF-8 */
export function jobsOfS3(notification: v.InferOutput<typeof s3NotificationSchema>): Job[] {
  return notification.Records.map(({ s3, eventTime }) => ({
    bucket: s3.bucket.name,
    key: decodeURIComponent(s3.object.key.replaceAll("+", " ")),
    ...(s3.object.size === undefined ? {} : { bytes: s3.object.size }),
    ...timeOf(eventTime),
    begun: false,
    force: false,
  }));
}
