import * as v from "valibot";
import type { Job } from "./job.ts";
import { bucketName, decodeKey, objectKey, sizeHint, timeHint } from "./object-name.ts";

/**
 * What every record contains. S3-compatible servers send the same with small differences: their own
 * event source (`minio:s3`, `ceph:s3`) or none, `s3:` before the event's name, sizes as text or null.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export const s3NotificationSchema = v.object({
  Records: v.array(
    v.looseObject({
      eventSource: v.nullish(v.pipe(v.string(), v.regex(/^(?:[\w.-]+:)?s3$|^$/, "must be S3's"))),
      eventName: v.string(),
    }),
  ),
});

/**
 * The events after which renditions may be out of date. All others (started and expired restores,
 * tags, ACLs, storage classes, replication) leave the content of a source as it is. `ObjectLifecycle`
 * and `ObjectSynced` are Ceph's; `LifecycleDelMarkerExpiration`, `NoOP`, and tags, retention and
 * legal holds under `ObjectCreated` are MinIO's.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 */
const JOB_EVENT =
  /^(?:s3:)?(?:ObjectCreated(?!:(?:Put|Delete)Tagging|:PutRetention|:PutLegalHold)|ObjectRemoved(?!:NoOP)|ObjectRestore:Completed|LifecycleExpiration|LifecycleDelMarkerExpiration|ObjectLifecycle:Expiration|ObjectSynced)(?::|$)/;

export function isJobEvent(eventName: string): boolean {
  return JOB_EVENT.test(eventName);
}

const formEncodedKey = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const key = decodeKey(dataset.value);
    if (key !== undefined) return key;
    addIssue({ message: "must be form-encoded UTF-8" });
    return NEVER;
  }),
  objectKey,
);

/** A record whose event is a job. */
export const objectRecordSchema = v.pipe(
  v.object({
    eventTime: v.optional(timeHint),
    s3: v.object({
      bucket: v.object({ name: bucketName }),
      object: v.object({ key: formEncodedKey, size: v.optional(sizeHint) }),
    }),
  }),
  v.transform(({ s3, eventTime }): Job => {
    const { key, size } = s3.object;
    return {
      bucket: s3.bucket.name,
      key,
      ...(size !== undefined && { bytes: size }),
      ...(eventTime !== undefined && { at: eventTime }),
      mayHaveRun: false,
      force: false,
    };
  }),
);

/** S3 sends it once when a notification is configured: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html */
export const s3TestEventSchema = v.object({ Event: v.literal("s3:TestEvent") });
