import { setImmediate } from "node:timers";
import * as v from "valibot";
import {
  type ReceivedMessage,
  SqsError,
  type SqsMessage,
  SqsQueue,
  type SqsQueueBase,
  SqsStore,
} from "./fauxqs.ts";
import type { Persistence } from "./persistence.ts";

const Policy = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    deadLetterTargetArn: v.string(),
    // AWS also accepts the number as text, which CloudFormation sends.
    maxReceiveCount: v.pipe(
      v.union([v.number(), v.string()]),
      v.transform(Number),
      v.integer(),
      v.minValue(1),
      v.maxValue(1000),
    ),
  }),
);

export type RedrivePolicy = v.InferOutput<typeof Policy>;

/** The queue's redrive policy; undefined when it has none or it is invalid. */
export function redrivePolicyOf(attribute: string | undefined): RedrivePolicy | undefined {
  const parsed = v.safeParse(Policy, attribute);
  return parsed.success ? parsed.output : undefined;
}

/**
 * fauxqs accepts any text; AWS rejects a policy whose queue does not exist.
 *
 * @throws SqsError InvalidParameterValue
 */
export function checkRedrivePolicy(
  attribute: string | undefined,
  exists: (arn: string) => boolean,
): void {
  if (attribute === undefined || attribute === "") return;
  const policy = redrivePolicyOf(attribute);
  if (policy !== undefined && exists(policy.deadLetterTargetArn)) return;
  const reason =
    policy === undefined
      ? "It needs a deadLetterTargetArn and a maxReceiveCount from 1 to 1000."
      : "Dead letter target does not exist.";
  throw new SqsError(
    "InvalidParameterValue",
    `Value ${attribute} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
  );
}

type Resolve = (arn: string) => SqsQueueBase | undefined;

/** The parts of the server that a queue uses. */
export type Surroundings = { disk(): Persistence; byArn: Resolve };

/** fauxqs's queue with AWS's behavior for dead letters, old receipt handles and long polling. */
export class Queue extends SqsQueue {
  readonly #around: Surroundings;
  readonly #handleOf = new WeakMap<SqsMessage, string>();
  #closed = false;
  #turn: Promise<void> | undefined;

  constructor(around: Surroundings, ...given: ConstructorParameters<typeof SqsQueue>) {
    super(...given);
    this.#around = around;
  }

  override dequeue(max: number, visibilitySeconds?: number): ReceivedMessage[] {
    return this.#around.disk().atomically(() => {
      this.processTimers();
      this.#moveExhausted(max);
      const received = super.dequeue(max, visibilitySeconds);
      for (const { ReceiptHandle } of received) {
        const entry = this.inflightMessages.get(ReceiptHandle);
        if (entry !== undefined) this.#handleOf.set(entry.message, ReceiptHandle);
      }
      return received;
    });
  }

  // AWS also deletes by the latest receipt handle after its visibility timeout, until the message is
  // received again. fauxqs drops the handle.
  override deleteMessage(handle: string): boolean {
    this.processTimers();
    if (super.deleteMessage(handle)) return true;
    const at = this.messages.findIndex((message) => this.#handleOf.get(message) === handle);
    const [message] = at < 0 ? [] : this.messages.splice(at, 1);
    if (message === undefined) return false;
    this.persistence?.deleteMessage(message.messageId);
    return true;
  }

  override cancelWaiters(): void {
    this.#closed = true;
    super.cancelWaiters();
  }

  /**
   * Waits for a message, which the caller must then receive without an await. fauxqs wakes every waiter
   * for one message, and all but one of them return empty before their time.
   *
   * @returns "stop" when the caller has disconnected or the queue is closed: do not receive
   */
  async wait(seconds: number, caller: AbortSignal): Promise<"receive" | "stop"> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      if (this.#closed || caller.aborted) return "stop";
      if (this.#turn !== undefined) await this.#turn;
      else if (this.#hasMessage()) {
        this.#takeTurn();
        return "receive";
      } else {
        const left = deadline - Date.now();
        if (left <= 0) return "receive";
        await this.#nextMessage(left / 1000, caller);
      }
    }
  }

  // The caller receives within this tick.
  #takeTurn(): void {
    this.#turn = new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      });
    });
  }

  async #nextMessage(seconds: number, caller: AbortSignal): Promise<void> {
    const message = this.waitForMessages(seconds);
    const waiter = this.pollWaiters.at(-1);
    const leave = () => {
      if (waiter === undefined) return;
      this.pollWaiters = this.pollWaiters.filter((other) => other !== waiter);
      clearTimeout(waiter.timer);
      waiter.resolve();
    };
    caller.addEventListener("abort", leave);
    await message;
    caller.removeEventListener("abort", leave);
  }

  #hasMessage(): boolean {
    this.processTimers();
    this.#moveExhausted(1);
    return this.messages.length > 0;
  }

  // fauxqs counts the move as a receive, so that a dead letter's first receive has the count
  // maxReceiveCount + 2, and deletes the row before it writes the new one.
  #moveExhausted(wanted: number): void {
    const policy = redrivePolicyOf(this.attributes["RedrivePolicy"]);
    const target = policy && this.#around.byArn(policy.deadLetterTargetArn);
    if (policy === undefined || target === undefined || target === this) return;
    const isExhausted = (message: SqsMessage) =>
      message.approximateReceiveCount >= policy.maxReceiveCount;
    for (let at = 0; at < Math.min(wanted, this.messages.length); ) {
      const message = this.messages[at];
      if (message === undefined || !isExhausted(message)) at++;
      else {
        this.messages.splice(at, 1);
        target.enqueue(message);
      }
    }
  }
}

/** The account that every queue and ARN of the local server belongs to. */
const account = "000000000000";

type Create = Parameters<InstanceType<typeof SqsStore>["createQueue"]>;

/** fauxqs's queues, with URLs that have the current port. */
export class Queues extends SqsStore {
  readonly #endpoint: () => string;
  readonly #disk: () => Persistence;

  constructor(endpoint: () => string, disk: () => Persistence) {
    super();
    this.#endpoint = endpoint;
    this.#disk = disk;
  }

  // The URL argument is from an earlier run, with another port, or from the Host header.
  override createQueue(...[name, , arn, attributes, tags]: Create): Queue {
    const around = { disk: this.#disk, byArn: (other: string) => this.getQueueByArn(other) };
    const queue = new Queue(around, name, this.buildQueueUrl(name), arn, attributes, tags);
    if (this.persistence !== undefined) {
      queue.persistence = this.persistence;
      this.persistence.insertQueue(queue);
    }
    // Private in fauxqs's types; the shapes are those of its code.
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

/** Enqueues a message of the server itself, with the queue's delay. */
export function deliver(queue: SqsQueueBase, body: string): void {
  const delay = Number(queue.attributes["DelaySeconds"] ?? 0);
  queue.enqueue(SqsStore.createMessage(body, {}, delay));
}
