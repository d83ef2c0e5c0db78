import { type SqsQueueBase, SqsStore } from "./fauxqs.ts";
import type { Persistence } from "./persistence.ts";
import { Queue } from "./queue.ts";

/** The account that every queue and ARN of the local server belongs to. */
const account = "000000000000";

type Create = Parameters<InstanceType<typeof SqsStore>["createQueue"]>;

/** fauxqs's queues, addressed at the port of the day. */
export class Queues extends SqsStore {
  readonly #endpoint: () => string;
  readonly #disk: () => Persistence;

  constructor(endpoint: () => string, disk: () => Persistence) {
    super();
    this.#endpoint = endpoint;
    this.#disk = disk;
  }

  // The URL given is what was stored, perhaps at the port of an earlier run, or
  // what fauxqs made of the Host header.
  override createQueue(...[name, , arn, attributes, tags]: Create): Queue {
    const around = { disk: this.#disk, byArn: (other: string) => this.getQueueByArn(other) };
    const queue = new Queue(around, name, this.buildQueueUrl(name), arn, attributes, tags);
    if (this.persistence !== undefined) {
      queue.persistence = this.persistence;
      this.persistence.insertQueue(queue);
    }
    // Private to fauxqs by their types, of these shapes by its code.
    const byUrl: Map<string, SqsQueueBase> = this["queues"];
    const byName: Map<string, SqsQueueBase> = this["queuesByName"];
    const byArn: Map<string, SqsQueueBase> = this["queuesByArn"];
    byUrl.set(queue.url, queue);
    byName.set(name, queue);
    byArn.set(arn, queue);
    return queue;
  }

  override getQueue(url: string): Queue | undefined {
    const queue = super.getQueue(url);
    return queue instanceof Queue ? queue : undefined;
  }

  override buildQueueUrl(name: string): string {
    return `${this.#endpoint()}/${account}/${name}`;
  }
}

/** Puts a message that no client sent: after the queue's own delay, as a sent one. */
export function deliver(queue: SqsQueueBase, body: string): void {
  const delay = Number(queue.attributes["DelaySeconds"] ?? 0);
  queue.enqueue(SqsStore.createMessage(body, {}, delay));
}
