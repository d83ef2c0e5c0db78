import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { Backoff } from "./backoff.ts";

/** The timeout of a call, to which a long poll adds its wait. */
const ANSWER_MS = 15_000;
const DELETE_TRIES = 4;
const NEVER = new AbortController().signal;

/** The queue operations of an event source. Every call has a timeout. */
export class Queue {
  readonly #sqs: SQSClient;
  readonly #url: string;

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs;
    this.#url = url;
  }

  /** ms; undefined when the server does not return it. */
  async visibilityTimeout(): Promise<number | undefined> {
    const { Attributes } = await this.#sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#url,
        AttributeNames: ["VisibilityTimeout"],
      }),
      { abortSignal: AbortSignal.timeout(ANSWER_MS) },
    );
    const seconds = Number(Attributes?.["VisibilityTimeout"] ?? Number.NaN);
    return Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }

  /**
   * @param most the most messages, 1 to 10
   * @param seconds the longest wait for the first message
   */
  async receive(most: number, seconds: number): Promise<readonly Message[]> {
    const { Messages } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url,
        MaxNumberOfMessages: most,
        WaitTimeSeconds: seconds,
        MessageAttributeNames: ["All"],
        // The older name too, because some servers have only that one.
        AttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      }),
      { abortSignal: AbortSignal.timeout(seconds * 1000 + ANSWER_MS) },
    );
    return Messages ?? [];
  }

  /**
   * Deletes messages and retries failed entries a few times.
   * @returns the deleted ids, and the errors of the others
   */
  async delete(records: readonly SQSRecord[]): Promise<{ deleted: string[]; faults: string[] }> {
    const backoff = new Backoff();
    const deleted: string[] = [];
    let left = records;
    let faults: string[] = [];
    for (let tries = 0; left.length > 0 && tries < DELETE_TRIES; tries += 1) {
      await backoff.due(NEVER);
      const failed = await this.#deleteOnce(left);
      deleted.push(...left.filter((record) => !failed.has(record)).map((r) => r.messageId));
      faults = Array.from(failed, ([record, why]) => `${record.messageId}: ${why}`);
      left = [...failed.keys()];
      backoff.failed();
    }
    return { deleted, faults };
  }

  async #deleteOnce(records: readonly SQSRecord[]): Promise<Map<SQSRecord, string>> {
    const failed = new Map<SQSRecord, string>();
    try {
      const { Failed = [] } = await this.#sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: this.#url,
          Entries: records.map(({ receiptHandle }, at) => ({
            Id: String(at),
            ReceiptHandle: receiptHandle,
          })),
        }),
        { abortSignal: AbortSignal.timeout(ANSWER_MS) },
      );
      for (const { Id, Code, Message } of Failed) {
        const record = records[Number(Id)];
        if (record) failed.set(record, `${Code} ${Message ?? ""}`.trim());
      }
    } catch (error) {
      for (const record of records) failed.set(record, describe(error));
    }
    return failed;
  }

  /** Releases messages: they are visible at once. */
  async release(messages: readonly Message[]): Promise<void> {
    const { Failed = [] } = await this.#sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: this.#url,
        Entries: messages.map(({ ReceiptHandle }, at) => ({
          Id: String(at),
          ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
      { abortSignal: AbortSignal.timeout(ANSWER_MS) },
    );
    if (Failed.length > 0) {
      throw new Error(Failed.map(({ Code, Message }) => `${Code} ${Message ?? ""}`).join("; "));
    }
  }
}

/** A refused connection is an AggregateError with an empty message, so its code is used. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return error.message === "" ? code : `${code}: ${error.message}`;
}
