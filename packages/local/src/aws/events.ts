import { randomBytes } from "node:crypto";
import { formEncode } from "./form.ts";
import type { QueueConfiguration } from "./notifications.ts";
import type { Change } from "./objects.ts";

const principal = { principalId: "AWS:AIDALOCAL" };

/**
 * The message that S3 sends for a change.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function eventMessage(change: Change, { id, queueArn }: QueueConfiguration): string {
  const { bucket, key, object, restored } = change;
  const record = {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    // A bucket and the queues that it notifies are always in one region.
    awsRegion: queueArn.split(":")[3],
    eventTime: new Date().toISOString(),
    eventName: change.event,
    userIdentity: principal,
    requestParameters: { sourceIPAddress: "127.0.0.1" },
    responseElements: { "x-amz-request-id": requestId(), "x-amz-id-2": hostId() },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: id,
      bucket: { name: bucket, ownerIdentity: principal, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: formEncode(key),
        ...(object && { size: object.contentLength, eTag: object.etag.replaceAll('"', "") }),
        // Events that create and delete objects have one; a restore does neither.
        ...(!restored && { sequencer: nextSequencer() }),
      },
    },
    ...(restored && {
      glacierEventData: {
        restoreEventData: {
          lifecycleRestorationExpiryTime: restored.restoredUntil.toISOString(),
          lifecycleRestoreStorageClass: restored.storageClass,
        },
      },
    }),
  };
  return JSON.stringify({ Records: [record] });
}

/** The message that S3 sends to each queue when it is configured. */
export function testMessage(bucket: string): string {
  return JSON.stringify({
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date().toISOString(),
    Bucket: bucket,
    RequestId: requestId(),
    HostId: hostId(),
  });
}

export function requestId(): string {
  return randomBytes(8).toString("hex").toUpperCase();
}

function hostId(): string {
  return randomBytes(48).toString("base64");
}

let lastSequencer = 0n;

// Milliseconds and a counter under them: greater each time, also after a restart.
function nextSequencer(): string {
  const now = BigInt(Date.now()) << 24n;
  lastSequencer = now > lastSequencer ? now : lastSequencer + 1n;
  return lastSequencer.toString(16).toUpperCase().padStart(18, "0");
}
