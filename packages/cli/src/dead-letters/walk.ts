import { setTimeout as pause } from "node:timers/promises";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import {
  type DeadLetter,
  type Queue,
  type ReceivedMessage,
  readDeadLetter,
} from "@imagefleet/core/queue";
import type { Connection } from "../connection/connect.ts";

/** Concurrent receives: one receive of ten messages takes AWS about 20 ms. */
const POLLERS = 6;

/** A dead letter and the message that it was read from. */
export interface ReceivedDeadLetter {
  readonly deadLetter: DeadLetter;
  readonly message: ReceivedMessage;
}

export interface WalkOptions {
  /** Both lanes by default. */
  readonly lanes?: readonly Lane[];
  /** How long a read message is hidden from other readers. After a kill it reappears then. */
  readonly leaseSeconds: number;
  readonly signal: AbortSignal;
  readonly pollers?: number;
  /** Returns true when no more messages of the lane need to be read. */
  readonly isDone?: (lane: Lane) => boolean;
}

/** @returns the messages that the visitor has deleted from the queue, which are not released */
type Visitor = (
  deadLetters: readonly ReceivedDeadLetter[],
  lane: Lane,
) => Promise<readonly ReceivedMessage[]>;

/**
 * Visits each message of the dead-letter queues once, up to ten at a time, in the order in which SQS
 * returns them. Each message stays in flight until the walk ends, so that no message is received twice.
 * The walk then releases all messages that the visitor did not delete, also after an abort or an error.
 * After a kill, SQS shows them again when the lease ends.
 *
 * @returns how many messages of each lane were read
 * @throws Failure, and what the visitor throws
 */
export async function walk(
  connection: Connection,
  options: WalkOptions,
  visit: Visitor,
): Promise<ReadonlyMap<Lane, number>> {
  const queues = await connection.lanes();
  // With a wait above 0, SQS asks all of its servers: only then is an empty answer an empty queue.
  const receive = {
    leaseSeconds: options.leaseSeconds,
    waitSeconds: connection.consistencyDelaySeconds,
  };
  const counts = await Promise.all(
    (options.lanes ?? LANES).map(
      async (lane) =>
        [lane, await walkQueue(queues[lane].deadLetters, lane, receive, options, visit)] as const,
    ),
  );
  return new Map(counts);
}

async function walkQueue(
  queue: Queue,
  lane: Lane,
  receive: { leaseSeconds: number; waitSeconds: number },
  { signal, pollers = POLLERS, isDone = () => false }: WalkOptions,
  visit: Visitor,
): Promise<number> {
  /** Receipt handles only: the bodies of ten thousand messages take too much memory. */
  const inFlight = new Map<string, Pick<ReceivedMessage, "receiptHandle">>();
  const seen = new Set<string>();
  let failed = false;
  const poll = async () => {
    while (!signal.aborted && !failed && !isDone(lane)) {
      const messages = await queue.receive(receive);
      const unseen = messages.filter(({ id }) => !seen.has(id));
      for (const { id, receiptHandle } of messages) {
        seen.add(id);
        inFlight.set(id, { receiptHandle });
      }
      // Only known messages: their leases have ended, and the whole queue has been read.
      if (unseen.length === 0) return;
      const deadLetters = unseen.map((message) => ({
        deadLetter: readDeadLetter(message, lane),
        message,
      }));
      for (const { id } of await visit(deadLetters, lane)) inFlight.delete(id);
    }
  };
  try {
    const polls = Array.from({ length: pollers }, () =>
      poll().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    );
    const settled = await Promise.allSettled(polls);
    const rejected = settled.find(({ status }) => status === "rejected");
    if (rejected?.status === "rejected") throw rejected.reason;
  } finally {
    await release(queue, [...inFlight.values()]);
  }
  return seen.size;
}

async function release(
  queue: Queue,
  messages: readonly Pick<ReceivedMessage, "receiptHandle">[],
): Promise<void> {
  const share = Math.ceil(messages.length / POLLERS / 10) * 10;
  const shares = Array.from({ length: POLLERS }, (_unused, index) =>
    messages.slice(index * share, (index + 1) * share),
  );
  await Promise.all(shares.map((some) => queue.changeVisibilityBatch(some, 0)));
}

/** The time between two looks, ms. */
const LOOK_MS = 300;

/**
 * Waits until no dead letter of the lanes is in flight: another reader, such as `status`, releases what it
 * reads within seconds, and what it holds would be missing here.
 *
 * @param mostMs the longest wait, ms: somebody may hold them for long
 * @returns whether another reader held any
 */
export async function untilReleased(
  connection: Connection,
  lanes: readonly Lane[],
  mostMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const queues = await connection.lanes();
  const until = performance.now() + mostMs;
  for (let isFirst = true; ; isFirst = false) {
    const counts = await Promise.all(lanes.map((lane) => queues[lane].deadLetters.counts()));
    const isHeld = counts.some(({ inFlight }) => inFlight > 0);
    if (!isHeld || signal.aborted || performance.now() >= until) return isHeld || !isFirst;
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Deletes dead letters of a lane. @returns those that were deleted */
export async function deleteDeadLetters(
  connection: Connection,
  lane: Lane,
  messages: readonly ReceivedMessage[],
): Promise<readonly ReceivedMessage[]> {
  const { deadLetters } = (await connection.lanes())[lane];
  return (await deadLetters.deleteBatch(messages)).done;
}
