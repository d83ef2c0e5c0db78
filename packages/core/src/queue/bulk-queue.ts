import { setTimeout as pause } from "node:timers/promises";
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { asFailure } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { inBatches } from "./in-batches.ts";
import { asReceived, type ReceivedMessage } from "./message.ts";

export interface OutgoingMessage {
  readonly body: string;
  /** Text attributes; none may be empty. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** On a standard queue, whose turn it takes: SQS's fair queues. */
  readonly groupId?: string;
}

/** Messages of a queue, as SQS counts them: an estimate that lags behind by seconds. */
export interface QueueCounts {
  readonly waiting: number;
  readonly inFlight: number;
}

type Handle = Pick<ReceivedMessage, "receiptHandle">;

/** How often what SQS takes of a batch only in part is tried, and how long before the second time, ms. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;

/**
 * One queue, in tens: what an operator's tool does to thousands of messages. Every method throws
 * Failure `StoreUnavailable` or `Throttled`.
 */
export class BulkQueue {
  readonly #sqs: SQSClient;
  readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs;
    this.url = url;
  }

  async counts(): Promise<QueueCounts> {
    const { Attributes: counts = {} } = await this.#call("count", () =>
      this.#sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ["All"] }),
      ),
    );
    return {
      waiting:
        Number(counts["ApproximateNumberOfMessages"] ?? 0) +
        Number(counts["ApproximateNumberOfMessagesDelayed"] ?? 0),
      inFlight: Number(counts["ApproximateNumberOfMessagesNotVisible"] ?? 0),
    };
  }

  /**
   * Sends any number of messages; when it resolves, SQS has all of them but those that it refuses.
   *
   * @returns the refused, which trying again cannot help
   */
  async send(
    messages: readonly OutgoingMessage[],
  ): Promise<{ readonly message: OutgoingMessage; readonly why: string }[]> {
    const refused: { message: OutgoingMessage; why: string }[] = [];
    for (const batch of inBatches(messages)) {
      await this.#whole("send to", batch, async (left) => {
        const { Failed } = await this.#sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: this.url,
            Entries: left.map((message, index) => ({ Id: String(index), ...entryOf(message) })),
          }),
        );
        return failuresOf(Failed, left, (message, why) => refused.push({ message, why }));
      });
    }
    return refused;
  }

  /**
   * Up to ten messages, which nobody else sees for `leaseSeconds`. It cannot be broken off: an answer
   * on its way would leave its messages hidden.
   *
   * @param options.waitSeconds 0 to 20; above 0, all of SQS's servers are asked
   */
  async receive(options: {
    leaseSeconds: number;
    waitSeconds: number;
  }): Promise<ReceivedMessage[]> {
    const { Messages: messages = [] } = await this.#call("receive from", () =>
      this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.url,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: options.waitSeconds,
          VisibilityTimeout: options.leaseSeconds,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        }),
      ),
    );
    return messages.flatMap((message) => asReceived(message) ?? []);
  }

  /** Shows messages again at once. One whose lease is over is seen anyway. */
  async release(messages: readonly Handle[]): Promise<void> {
    for (const batch of tens(messages)) {
      await this.#whole("give back to", batch, async (left) => {
        const { Failed } = await this.#sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: this.url,
            Entries: left.map(({ receiptHandle }, index) => ({
              Id: String(index),
              ReceiptHandle: receiptHandle,
              VisibilityTimeout: 0,
            })),
          }),
        );
        return failuresOf(Failed, left, () => undefined);
      });
    }
  }

  /**
   * Deletes messages.
   *
   * @returns those that SQS refuses to delete: their lease is over, and somebody else may have them
   */
  async remove<Message extends Handle>(messages: readonly Message[]): Promise<Message[]> {
    const refused: Message[] = [];
    for (const batch of tens(messages)) {
      await this.#whole("delete from", batch, async (left) => {
        const { Failed } = await this.#sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl: this.url,
            Entries: left.map(({ receiptHandle }, index) => ({
              Id: String(index),
              ReceiptHandle: receiptHandle,
            })),
          }),
        );
        return failuresOf(Failed, left, (message) => refused.push(message));
      });
    }
    return refused;
  }

  /** Calls until nothing is left that a further call may help. */
  async #whole<T>(what: string, all: readonly T[], call: (left: readonly T[]) => Promise<T[]>) {
    let left = all;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 2));
      left = await this.#call(what, () => call(left));
      if (left.length === 0) return;
    }
    throw new Failure(
      "StoreUnavailable",
      `could not ${what} ${this.url}: ${left.length} of ${all.length} messages failed ${ATTEMPTS} times`,
    );
  }

  async #call<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw asFailure(`${what} ${this.url}`, error);
    }
  }
}

/** The entries to try again; those that are the sender's fault are told. */
function failuresOf<T>(
  failed: readonly BatchResultErrorEntry[] | undefined,
  sent: readonly T[],
  refuse: (entry: T, why: string) => void,
): T[] {
  return (failed ?? []).flatMap(({ Id, SenderFault, Code, Message }) => {
    const entry = sent[Number(Id)];
    if (entry === undefined) return [];
    if (!SenderFault) return [entry];
    refuse(entry, Message ?? Code ?? "refused");
    return [];
  });
}

function entryOf({ body, attributes, groupId }: OutgoingMessage) {
  return {
    MessageBody: body,
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    ...(attributes === undefined ? {} : { MessageAttributes: attributesOf(attributes) }),
  };
}

function attributesOf(attributes: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [
      name,
      { DataType: "String", StringValue },
    ]),
  );
}

function* tens<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += 10) yield all.slice(from, from + 10);
}
