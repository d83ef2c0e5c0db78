import { randomBytes } from "node:crypto";
import { S3Error } from "./fauxqs.ts";
import { deserialize, type QueueConfiguration, serialize, wants } from "./notifications.ts";
import type { Change } from "./objects.ts";
import type { Persistence } from "./persistence.ts";
import { deliver, type Queues } from "./queues.ts";
import { formEncode } from "./target.ts";

/** Stores each bucket's notification configuration and sends its events. */
export class Notifier {
  readonly #queues: Queues;
  readonly #disk: () => Persistence;
  readonly #configurations = new Map<string, QueueConfiguration[]>();

  constructor(queues: Queues, disk: () => Persistence) {
    this.#queues = queues;
    this.#disk = disk;
  }

  load(): void {
    for (const { bucket, configuration } of this.#disk().loadNotifications()) {
      this.#configurations.set(bucket, deserialize(configuration));
    }
  }

  get(bucket: string): QueueConfiguration[] {
    return this.#configurations.get(bucket) ?? [];
  }

  /**
   * Replaces the bucket's configuration and sends each queue the test event.
   *
   * @throws S3Error InvalidArgument (400) when a queue does not exist; nothing changes
   */
  set(bucket: string, configurations: QueueConfiguration[]): void {
    const queues = configurations.map(({ queueArn }) => this.#queues.getQueueByArn(queueArn));
    const destinations = queues.filter((queue) => queue !== undefined);
    if (destinations.length < queues.length) {
      throw new S3Error(
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        400,
      );
    }
    this.#disk().atomically(() => {
      this.#disk().saveNotifications(bucket, serialize(configurations));
      for (const queue of new Set(destinations)) deliver(queue, testMessage(bucket));
    });
    this.#configurations.set(bucket, configurations);
  }

  /** Must be called in the change's transaction, which writes the object and its events together. */
  announce(change: Change): void {
    for (const configuration of this.get(change.bucket)) {
      if (!wants(configuration, change.event, change.key)) continue;
      const queue = this.#queues.getQueueByArn(configuration.queueArn);
      if (queue !== undefined) deliver(queue, eventMessage(change, configuration));
    }
  }

  forget(bucket: string): void {
    this.#configurations.delete(bucket);
  }
}

const principal = { principalId: "AWS:AIDALOCAL" };

/**
 * The message that S3 sends for a change.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
function eventMessage(change: Change, { id, queueArn }: QueueConfiguration): string {
  const { bucket, key, object, restored } = change;
  const record = {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    // A bucket and the queues that it notifies are in one region.
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
        // Only events that create or delete objects have a sequencer.
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

/** The message that S3 sends to a newly configured queue. */
function testMessage(bucket: string): string {
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

// Milliseconds and a counter: it increases each time, also after a restart.
function nextSequencer(): string {
  const now = BigInt(Date.now()) << 24n;
  lastSequencer = now > lastSequencer ? now : lastSequencer + 1n;
  return lastSequencer.toString(16).toUpperCase().padStart(18, "0");
}
