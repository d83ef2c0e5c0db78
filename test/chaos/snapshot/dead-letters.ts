import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { FAILED_REASONS, REJECTED_REASONS } from "@imagefleet/core/outcome";
import * as v from "valibot";

/** A dead letter from the queue. */
export interface DeadLetter {
  /** `small`, `large` or `catalog` */
  readonly lane: string;
  readonly body: string;
  /** The attribute's value; undefined when SQS itself moved the message. */
  readonly reason: string | undefined;
  readonly message: string;
  /** The keys of its sources, from its body. */
  readonly keys: readonly string[];
}

export interface LaneQueues {
  readonly url: string;
  readonly deadLetters: string;
}

/** Long enough to read all dead letters. */
const READ_SECONDS = 120;

const recordSchema = v.object({ s3: v.object({ object: v.object({ key: v.string() }) }) });
const bodySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([
    v.pipe(
      v.object({ Records: v.array(recordSchema) }),
      v.transform(({ Records }) => Records.map(({ s3 }) => decode(s3.object.key))),
    ),
    v.pipe(
      v.object({ key: v.string() }),
      v.transform(({ key }) => [key]),
    ),
  ]),
);

export class DeadLetters {
  readonly #sqs: SQSClient;
  readonly #lanes: ReadonlyMap<string, LaneQueues>;

  constructor(sqs: SQSClient, lanes: Readonly<Record<string, LaneQueues>>) {
    this.#sqs = sqs;
    this.#lanes = new Map(Object.entries(lanes));
  }

  /** Reads all dead letters without removing them. */
  async read(): Promise<DeadLetter[]> {
    const all: DeadLetter[] = [];
    for (const [lane, { deadLetters }] of this.#lanes) {
      const messages = await this.#receive(deadLetters);
      await this.#release(deadLetters, messages);
      all.push(...messages.map((message) => deadLetterOf(message, lane)));
    }
    return all;
  }

  /**
   * Redrives the dead letters that may succeed: a new message with the same body and attributes.
   *
   * @returns the number
   */
  async redrive(): Promise<number> {
    let count = 0;
    for (const [lane, { url, deadLetters }] of this.#lanes) {
      const messages = await this.#receive(deadLetters);
      for (const message of messages.filter((each) => isOwed(deadLetterOf(each, lane)))) {
        await this.#sqs.send(
          new SendMessageCommand({
            QueueUrl: url,
            MessageBody: message.Body,
            MessageAttributes: message.MessageAttributes,
          }),
        );
        await this.#sqs.send(
          new DeleteMessageCommand({
            QueueUrl: deadLetters,
            ReceiptHandle: message.ReceiptHandle,
          }),
        );
        count += 1;
      }
      await this.#release(deadLetters, messages);
    }
    return count;
  }

  async #receive(QueueUrl: string): Promise<Message[]> {
    const held = new Map<string | undefined, Message>();
    for (;;) {
      const { Messages: messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: READ_SECONDS,
          MessageAttributeNames: ["All"],
        }),
      );
      if (messages.length === 0) return [...held.values()];
      for (const message of messages) held.set(message.MessageId, message);
    }
  }

  async #release(QueueUrl: string, messages: readonly Message[]): Promise<void> {
    for (let from = 0; from < messages.length; from += 10) {
      const Entries = messages.slice(from, from + 10).map(({ ReceiptHandle }, at) => ({
        Id: String(at),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      await this.#sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    }
  }
}

function deadLetterOf(
  { Body: body = "", MessageAttributes = {} }: Message,
  lane: string,
): DeadLetter {
  const parsed = v.safeParse(bodySchema, body);
  return {
    lane,
    body,
    reason: MessageAttributes["Reason"]?.StringValue,
    message: MessageAttributes["Message"]?.StringValue ?? "",
    keys: parsed.success ? parsed.output : [],
  };
}

const REJECTIONS: readonly string[] = REJECTED_REASONS;
const FAILURES: readonly string[] = FAILED_REASONS;

/** Whether the dead letter's work is still owed: it failed, or its process crashed without a reason. */
export function isOwed({ reason }: DeadLetter): boolean {
  return reason === undefined || FAILURES.includes(reason);
}

export function isRejection({ reason = "" }: DeadLetter): boolean {
  return REJECTIONS.includes(reason);
}

function decode(formEncoded: string): string {
  return decodeURIComponent(formEncoded.replaceAll("+", " "));
}
