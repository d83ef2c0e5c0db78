import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { asFailure } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { asReceived, type ReceivedMessage } from "./message.ts";

/** What SQS knows a received message by. */
type Handle = Pick<ReceivedMessage, "receiptHandle">;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_VISIBILITY_SECONDS = 43_200;

/** One queue. Every method throws Failure `StoreUnavailable` or `Throttled`. */
export class Queue {
  readonly #sqs: SQSClient;
  readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs;
    this.url = url;
  }

  /**
   * @param attributes text attributes; none may be empty
   * @param delaySeconds 0 to 900: nobody receives the message before
   */
  async send(
    body: string,
    attributes: Readonly<Record<string, string>> = {},
    delaySeconds = 0,
  ): Promise<void> {
    await this.#call("send to", () =>
      this.#sqs.send(
        new SendMessageCommand({
          QueueUrl: this.url,
          MessageBody: body,
          ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: "String", StringValue },
            ]),
          ),
        }),
      ),
    );
  }

  /**
   * Long-polls for up to ten messages.
   *
   * @param options.waitSeconds 0 to 20
   * @param options.signal ends the wait; only an idle wait may be ended so, for an answer on its way
   * leaves its messages to their visibility timeout
   */
  async receive(options: {
    max: number;
    waitSeconds: number;
    signal?: AbortSignal;
  }): Promise<ReceivedMessage[]> {
    const { Messages: messages = [] } = await this.#call(
      "receive from",
      () =>
        this.#sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: this.url,
            MaxNumberOfMessages: Math.min(10, options.max),
            WaitTimeSeconds: options.waitSeconds,
            MessageSystemAttributeNames: ["All"],
            MessageAttributeNames: ["All"],
          }),
          options.signal ? { abortSignal: options.signal } : {},
        ),
      options.signal,
    );
    return messages.flatMap((message) => asReceived(message) ?? []);
  }

  async acknowledge(message: Handle): Promise<void> {
    await this.#call("delete from", () =>
      this.#sqs.send(
        new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: message.receiptHandle }),
      ),
    );
  }

  /** @param messages up to ten */
  async acknowledgeAll(messages: readonly Handle[]): Promise<void> {
    const Entries = messages.map(({ receiptHandle }, at) => ({
      Id: String(at),
      ReceiptHandle: receiptHandle,
    }));
    await this.#callForAll("delete from", () =>
      this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries })),
    );
  }

  /** @param messages up to ten */
  async changeVisibilityBatch(seconds: number, messages: readonly Handle[]): Promise<void> {
    const Entries = messages.map(({ receiptHandle }, at) => ({
      Id: String(at),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: permitted(seconds),
    }));
    await this.#callForAll("change the visibility in", () =>
      this.#sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries })),
    );
  }

  /** Sets when a message that is in hand comes back: extends a lease, or ends it with 0. */
  async changeVisibility(seconds: number, message: Handle, signal?: AbortSignal): Promise<void> {
    await this.#call(
      "change the visibility in",
      () =>
        this.#sqs.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: this.url,
            ReceiptHandle: message.receiptHandle,
            VisibilityTimeout: permitted(seconds),
          }),
          signal ? { abortSignal: signal } : {},
        ),
      signal,
    );
  }

  async #callForAll(
    what: string,
    call: () => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>,
  ): Promise<void> {
    const { Failed: [first] = [] } = await this.#call(what, call);
    if (first === undefined) return;
    const { Code, Message } = first;
    throw new Failure(
      "StoreUnavailable",
      `could not ${what} ${this.url}: ${Code} ${Message ?? ""}`,
    );
  }

  async #call<T>(what: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw asFailure(`${what} ${this.url}`, error, signal);
    }
  }
}

function permitted(seconds: number): number {
  return Math.max(0, Math.min(MAX_VISIBILITY_SECONDS, Math.round(seconds)));
}
