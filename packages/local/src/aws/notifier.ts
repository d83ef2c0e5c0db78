import { eventMessage, testMessage } from "./events.ts";
import { S3Error } from "./fauxqs.ts";
import { deserialize, type QueueConfiguration, serialize, wants } from "./notifications.ts";
import type { Change } from "./objects.ts";
import type { Persistence } from "./persistence.ts";
import { deliver, type Queues } from "./queues.ts";

/** Keeps each bucket's notification configuration and sends its events. */
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
   * @throws S3Error InvalidArgument (400) when a queue does not exist; nothing is changed then
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

  /** Called within the change's own transaction: the object and its events are written together. */
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
