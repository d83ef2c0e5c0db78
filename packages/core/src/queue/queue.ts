import { setTimeout as pause } from "node:timers/promises";
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { asFailure } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { inBatches } from "./in-batches.ts";
import { asReceived, type ReceivedMessage } from "./message.ts";

export interface OutgoingMessage {
  readonly body: string;
  /** Text attributes. SQS refuses an empty value. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** The message group of SQS's fair queues, on a standard queue. */
  readonly groupId?: string;
  /** 0 to 900: how long SQS hides the message before its first receive. */
  readonly delaySeconds?: number;
}

/** What SQS identifies a received message by. */
type Handle = Pick<ReceivedMessage, "receiptHandle">;

/** How a batch ended. Refused messages fail again however often they are tried. */
export interface BatchResult<Message> {
  readonly done: readonly Message[];
  readonly refused: readonly { readonly message: Message; readonly why: string }[];
}

/** Numbers of messages. SQS's own counts are estimates that lag behind by seconds. */
export interface QueueCounts {
  readonly waiting: number;
  readonly inFlight: number;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_RECEIVED = 10;

/** The pause before the second attempt at a part of a batch, ms. It doubles each time. */
const FIRST_PAUSE_MS = 100;

/** One queue. Every method throws Failure `StoreUnavailable` or `Throttled`. */
export class Queue {
  readonly #sqs: SQSClient;
  readonly #batchAttempts: number;
  readonly url: string;

  /**
   * @param options.batchAttempts how often the failed part of a batch is tried, unless SQS refuses
   * it. A call that fails as a whole is retried by the SDK.
   */
  constructor(sqs: SQSClient, url: string, { batchAttempts = 1 } = {}) {
    this.#sqs = sqs;
    this.#batchAttempts = batchAttempts;
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

  async send(message: OutgoingMessage): Promise<void> {
    await this.#call("send to", () =>
      this.#sqs.send(new SendMessageCommand({ QueueUrl: this.url, ...entryOf(message) })),
    );
  }

  /** Sends any number of messages. When it resolves, SQS has all that it did not refuse. */
  sendBatch<Message extends OutgoingMessage>(
    messages: readonly Message[],
  ): Promise<BatchResult<Message>> {
    return this.#inBatches("send to", inBatches(messages), (batch) => {
      const Entries = batch.map((message, at) => ({ Id: String(at), ...entryOf(message) }));
      return this.#sqs.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries }));
    });
  }

  /**
   * Receives up to ten messages. It cannot be aborted: the messages of an answer on its way would
   * stay hidden.
   *
   * @param options.max 1 to 10 (the default)
   * @param options.waitSeconds 0 to 20. Above 0, SQS asks all of its servers.
   * @param options.leaseSeconds how long the messages are hidden; the queue's own visibility timeout
   * by default
   */
  async receive(options: {
    max?: number;
    waitSeconds: number;
    leaseSeconds?: number;
  }): Promise<ReceivedMessage[]> {
    const { max = MAX_RECEIVED, waitSeconds, leaseSeconds } = options;
    const { Messages: messages = [] } = await this.#call("receive from", () =>
      this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.url,
          MaxNumberOfMessages: Math.min(MAX_RECEIVED, max),
          WaitTimeSeconds: waitSeconds,
          VisibilityTimeout: leaseSeconds,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        }),
      ),
    );
    return messages.flatMap((message) => asReceived(message) ?? []);
  }

  /** Acknowledges a message. */
  async delete({ receiptHandle }: Handle): Promise<void> {
    await this.#call("delete from", () =>
      this.#sqs.send(
        new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: receiptHandle }),
      ),
    );
  }

  /** Acknowledges any number of messages. SQS may refuse one whose lease is over. */
  deleteBatch<Message extends Handle>(messages: readonly Message[]): Promise<BatchResult<Message>> {
    return this.#inBatches("delete from", tens(messages), (batch) => {
      const Entries = batch.map(({ receiptHandle }, at) => ({
        Id: String(at),
        ReceiptHandle: receiptHandle,
      }));
      return this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }));
    });
  }

  /** Sets in how many seconds a message is received again: 0 is at once, 43,200 the longest. */
  async changeVisibility({ receiptHandle }: Handle, seconds: number): Promise<void> {
    await this.#call("change the visibility in", () =>
      this.#sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: this.url,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: permitted(seconds),
        }),
      ),
    );
  }

  /** Sets it for any number of messages. SQS refuses one whose lease is over: it is visible. */
  changeVisibilityBatch<Message extends Handle>(
    messages: readonly Message[],
    seconds: number,
  ): Promise<BatchResult<Message>> {
    return this.#inBatches("change the visibility in", tens(messages), (batch) => {
      const Entries = batch.map(({ receiptHandle }, at) => ({
        Id: String(at),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: permitted(seconds),
      }));
      return this.#sqs.send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries }),
      );
    });
  }

  async #inBatches<Message>(
    what: string,
    batches: Iterable<readonly Message[]>,
    call: (batch: readonly Message[]) => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>,
  ): Promise<BatchResult<Message>> {
    const done: Message[] = [];
    const refused: { message: Message; why: string }[] = [];
    for (const batch of batches) {
      let left = batch;
      for (let attempt = 1; left.length > 0; attempt++) {
        if (attempt > 1) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 2));
        const { Failed = [] } = await this.#call(what, () => call(left));
        const failed = new Map(Failed.map((entry) => [Number(entry.Id), entry]));
        const again: Message[] = [];
        for (const [at, message] of left.entries()) {
          const { SenderFault, Code, Message: why = Code ?? "no reason" } = failed.get(at) ?? {};
          if (!failed.has(at)) done.push(message);
          else if (SenderFault) refused.push({ message, why });
          else again.push(message);
        }
        left = again;
        if (left.length > 0 && attempt >= this.#batchAttempts) throw this.#gaveUp(what, Failed);
      }
    }
    return { done, refused };
  }

  #gaveUp(what: string, failed: readonly BatchResultErrorEntry[]): Failure {
    const { Code, Message = "" } = failed.find(({ SenderFault }) => !SenderFault) ?? {};
    return new Failure(
      "StoreUnavailable",
      `could not ${what} ${this.url}: a part of a batch failed ${this.#batchAttempts} times: ${Code} ${Message}`,
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

function entryOf({ body, attributes = {}, groupId, delaySeconds = 0 }: OutgoingMessage) {
  const texts = Object.entries(attributes);
  return {
    MessageBody: body,
    ...(groupId !== undefined && { MessageGroupId: groupId }),
    ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
    ...(texts.length > 0 && {
      MessageAttributes: Object.fromEntries(
        texts.map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
      ),
    }),
  };
}

function permitted(seconds: number): number {
  return Math.max(0, Math.min(MAX_VISIBILITY_SECONDS, Math.round(seconds)));
}

function* tens<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += 10) yield all.slice(from, from + 10);
}
