import type { Lane } from "@imagefleet/core/outcome";
import type { DeadLetter, QueueCounts } from "@imagefleet/core/queue";
import type { Connection } from "../connection/connect.ts";
import { many } from "../terminal/format.ts";
import { type DeadLetterFilter, lanesOf, matches } from "./filter.ts";
import { type WalkOptions, walk } from "./walk.ts";

/** The content of the dead-letter queues. */
export interface Survey {
  /** The dead letters that match the filter, without their bodies, sorted by their last attempt and id. */
  readonly deadLetters: readonly DeadLetter[];
  /** The ids of all messages that were read, whether they match the filter or not. */
  readonly ids: ReadonlySet<string>;
  readonly lanes: readonly SurveyedLane[];
  /** When the read began, ms since the epoch. */
  readonly readAt: number;
  /** How long the read took. */
  readonly seconds: number;
}

interface SurveyedLane {
  readonly lane: Lane;
  /** The counts of SQS before anything was read. */
  readonly before: QueueCounts;
  /** How many messages were read, whether they match the filter or not. */
  readonly read: number;
}

/**
 * Reads all dead letters of the lanes and releases them.
 *
 * @param options.lanes the lanes that are read; those of the filter by default
 */
export async function survey(
  connection: Connection,
  filter: DeadLetterFilter,
  options: Pick<WalkOptions, "lanes" | "leaseSeconds" | "signal">,
): Promise<Survey> {
  const queues = await connection.lanes();
  const readAt = Date.now();
  const began = performance.now();
  const { lanes = lanesOf(filter), leaseSeconds, signal } = options;
  const before = await Promise.all(lanes.map((lane) => queues[lane].deadLetters.counts()));
  const deadLetters: DeadLetter[] = [];
  const ids = new Set<string>();
  const read = await walk(connection, { lanes, leaseSeconds, signal }, async (found) => {
    for (const { deadLetter } of found) {
      ids.add(deadLetter.id);
      if (matches(deadLetter, filter)) deadLetters.push(deadLetter);
    }
    return [];
  });
  return {
    deadLetters: deadLetters.sort(byLastAttempt),
    ids,
    lanes: lanes.map((lane, index) => ({
      lane,
      before: before[index] ?? { waiting: 0, inFlight: 0 },
      read: read.get(lane) ?? 0,
    })),
    readAt,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Those of one time are sorted by id: SQS returns them in any order. */
function byLastAttempt(a: DeadLetter, b: DeadLetter): number {
  return a.lastAttemptAt - b.lastAttemptAt || (a.id < b.id ? -1 : 1);
}

/** How many dead letters there are if other readers hold all of them, so that none could be read; else 0. */
export function heldByOthers({ lanes }: Survey): number {
  if (lanes.some(({ before, read }) => read + before.waiting > 0)) return 0;
  return lanes.reduce((sum, { before }) => sum + before.inFlight, 0);
}

/** Reasons why the survey may be incomplete. */
export function warnings({ lanes }: Survey): string[] {
  return lanes.flatMap(({ lane, before, read }) => [
    ...(before.inFlight > 0
      ? [
          `${lane} lane: another reader held ${many(before.inFlight, "dead letter")} when the read began. Run the command again in a minute.`,
        ]
      : []),
    ...(read < before.waiting
      ? [
          `${lane} lane: SQS counted ${many(before.waiting, "dead letter")}, but ${read} were read. Counts of SQS are approximate: run the command again to be sure.`,
        ]
      : []),
  ]);
}
