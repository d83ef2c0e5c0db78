import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import * as v from "valibot";
import type { Chance } from "../../model/chance.ts";

/** The delay of late events in seconds, and their share. */
const LATE = 0.25;
const LATE_SECONDS = 4;
/** The delay of second copies in seconds, and the share of much later ones. */
const COPY_SECONDS = 8;
const MUCH_LATER = 0.2;
/** The share of messages with two events, as S3's format allows. */
const MERGED = 0.05;
/** The share of messages that are followed by an invalid one. */
const NONSENSE = 0.002;

export interface EventForwarderOptions {
  readonly sqs: SQSClient;
  /** The queue that receives a bucket's events, and the fleet's queue for them. */
  readonly from: string;
  readonly to: string;
  readonly chance: Chance;
  /** The share of duplicated messages. */
  readonly duplicates: number;
  /** The longest delay of a second copy. */
  readonly muchLaterSeconds: number;
  /** Receives the messages without meaning that are sent; without it, none is. */
  readonly onNonsense?: (body: string) => void;
}

interface Parcel {
  readonly body: string;
  readonly seconds: number;
}

/**
 * Forwards S3's events to the fleet with delays, in another order, and with duplicates, some of them much
 * later.
 */
export class EventForwarder {
  readonly sent = { events: 0, duplicates: 0, late: 0, nonsense: 0 };
  readonly #options: EventForwarderOptions;
  readonly #running: Promise<void>;
  #stopping = false;

  constructor(options: EventForwarderOptions) {
    this.#options = options;
    this.#running = this.#run();
    this.#running.catch(() => {});
  }

  /** Stops forwarding; rejects if forwarding has failed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { sqs, from } = this.#options;
    while (!this.#stopping) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (messages.length > 0) await this.#carry(messages);
    }
  }

  /** Sent before it is deleted, so that a failure duplicates it instead of losing it. */
  async #carry(messages: readonly Message[]): Promise<void> {
    const { sqs, from, to } = this.#options;
    const parcels = this.#merge(messages.map(({ Body = "" }) => Body)).flatMap((body) =>
      this.#pack(body),
    );
    for (let at = 0; at < parcels.length; at += 10) {
      const Entries = parcels.slice(at, at + 10).map(({ body, seconds }, index) => ({
        Id: String(index),
        MessageBody: body,
        DelaySeconds: seconds,
      }));
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: to, Entries }),
      );
      if (Failed[0]) throw new Error(`The event forwarder could not send: ${Failed[0].Message}`);
    }
    const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: from, Entries }));
  }

  #merge(bodies: readonly string[]): string[] {
    const { chance } = this.#options;
    const out: string[] = [];
    for (const body of bodies) {
      const last = out.at(-1);
      const merged =
        last !== undefined && chance.happens(MERGED) ? together(last, body) : undefined;
      if (merged === undefined) out.push(body);
      else out[out.length - 1] = merged;
    }
    return out;
  }

  #pack(body: string): Parcel[] {
    const { chance, duplicates, muchLaterSeconds, onNonsense } = this.#options;
    const late = chance.happens(LATE);
    const parcels = [{ body, seconds: late ? chance.between(1, LATE_SECONDS) : 0 }];
    this.sent.events += 1;
    if (late) this.sent.late += 1;
    if (chance.happens(duplicates)) {
      const most = chance.happens(MUCH_LATER) ? muchLaterSeconds : COPY_SECONDS;
      parcels.push({ body, seconds: chance.between(0, Math.min(most, muchLaterSeconds)) });
      this.sent.duplicates += 1;
    }
    if (onNonsense && chance.happens(NONSENSE)) {
      const nonsense = `nonsense ${this.sent.nonsense}`;
      onNonsense(nonsense);
      parcels.push({ body: nonsense, seconds: 0 });
      this.sent.nonsense += 1;
    }
    return parcels;
  }
}

const eventSchema = v.pipe(v.string(), v.parseJson(), v.object({ Records: v.array(v.unknown()) }));

/** Two events as one message; undefined if one of them is not an event. */
function together(one: string, other: string): string | undefined {
  const [a, b] = [v.safeParse(eventSchema, one), v.safeParse(eventSchema, other)];
  if (!a.success || !b.success) return undefined;
  return JSON.stringify({ Records: [...a.output.Records, ...b.output.Records] });
}
