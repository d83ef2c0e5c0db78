import { SQSClient } from "@aws-sdk/client-sqs";
import type { ReceivedMessage } from "@imagefleet/core/queue";
import * as v from "valibot";
import type { Chance } from "./chance.ts";

const sendRequest = v.object({
  QueueUrl: v.string(),
  MessageBody: v.string(),
  DelaySeconds: v.optional(v.number()),
  MessageAttributes: v.optional(v.record(v.string(), v.object({ StringValue: v.string() })), {}),
});

const output = v.any();

interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: number;
  receiveCount: number;
  firstReceivedAt: number;
  /** Hidden until this time, ms. */
  visibleAt: number;
  handle: string;
  /** The redrive policy moved it, so its attributes are of an earlier dead letter. */
  crashed: boolean;
}

/** A standard queue, in any order, with visibility timeouts and a redrive policy. Times are in ms. */
export class ModelQueue {
  readonly url: string;
  readonly leaseMs: number;
  readonly #deadLetters: ModelQueue | undefined;
  readonly #maxReceives: number;
  readonly #delaySeconds: number;
  messages: Message[] = [];
  #count = 0;

  /** @param options.delaySeconds of messages that are sent without a delay of their own */
  constructor(
    url: string,
    leaseMs: number,
    options: { maxReceives?: number; deadLetters?: ModelQueue; delaySeconds?: number } = {},
  ) {
    this.url = url;
    this.leaseMs = leaseMs;
    this.#maxReceives = options.maxReceives ?? 0;
    this.#deadLetters = options.deadLetters;
    this.#delaySeconds = options.delaySeconds ?? 0;
  }

  send(
    body: string,
    attributes: Readonly<Record<string, string>>,
    now: number,
    delaySeconds = this.#delaySeconds,
  ): void {
    this.#count += 1;
    this.messages.push({
      id: `${this.url}-${this.#count}`,
      body,
      attributes,
      sentAt: now,
      receiveCount: 0,
      firstReceivedAt: now,
      visibleAt: now + delaySeconds * 1000,
      handle: "",
      crashed: false,
    });
  }

  visible(now: number): readonly Message[] {
    return this.messages.filter(({ visibleAt }) => visibleAt <= now);
  }

  hidden(now: number): readonly Message[] {
    return this.messages.filter(({ visibleAt }) => visibleAt > now);
  }

  /** Receives a visible message; undefined when that message is moved to the dead-letter queue instead. */
  receive(now: number, chance: Chance): ReceivedMessage | undefined {
    const message = chance.of(this.visible(now));
    if (this.#deadLetters && message.receiveCount >= this.#maxReceives) {
      this.take(message);
      this.#deadLetters.messages.push({ ...message, visibleAt: now, crashed: true });
      return undefined;
    }
    if (message.receiveCount === 0) message.firstReceivedAt = now;
    message.receiveCount += 1;
    message.visibleAt = now + this.leaseMs;
    message.handle = `${message.id}#${message.receiveCount}`;
    const { id, body, attributes, receiveCount, sentAt, firstReceivedAt, handle } = message;
    return {
      id,
      receiptHandle: handle,
      body,
      attributes,
      receiveCount,
      sentAt,
      firstReceivedAt,
    };
  }

  /** The message of a receipt handle, while it is in flight. */
  held(handle: string, now: number): Message | undefined {
    return this.messages.find((each) => each.handle === handle && each.visibleAt > now);
  }

  take(message: Message): void {
    this.messages = this.messages.filter((other) => other !== message);
  }
}

/** The real client, which the model answers before a request is sent. Attempts only send. */
export function sqsClient(
  send: (
    url: string,
    body: string,
    attributes: Record<string, string>,
    delaySeconds: number | undefined,
  ) => Promise<void>,
): SQSClient {
  const client = new SQSClient({ region: "us-east-1" });
  client.middlewareStack.add(
    () =>
      async ({ input }) => {
        const request = v.parse(sendRequest, input);
        const { QueueUrl, MessageBody, MessageAttributes, DelaySeconds } = request;
        const texts = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [
          name,
          StringValue,
        ]);
        await send(QueueUrl, MessageBody, Object.fromEntries(texts), DelaySeconds);
        return { output: v.parse(output, {}), response: undefined };
      },
    { step: "initialize", priority: "high", name: "model" },
  );
  return client;
}
