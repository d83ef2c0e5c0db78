import { LANES, type Lane } from "@imagefleet/core/outcome";
import { type DeadLetter, type QueueCounts, readDeadLetter } from "@imagefleet/core/queue";
import type { Connection } from "../connection/connect.ts";
import { many } from "../terminal/thousands.ts";
import { type DeadLetterFilter, matches } from "./filter.ts";
import { sweep } from "./sweep.ts";

/** What was read of the dead-letter queues. */
export interface Survey {
  /** Those that the filter means, without their bodies. */
  readonly deadLetters: readonly DeadLetter[];
  readonly lanes: readonly SurveyedLane[];
}

interface SurveyedLane {
  readonly lane: Lane;
  /** What SQS said before anything was read. */
  readonly before: QueueCounts;
  /** How many were read, whatever the filter. */
  readonly seen: number;
}

/** Reads every dead letter, of the filter's lane or of both, and gives each back. */
export async function survey(
  connection: Connection,
  filter: DeadLetterFilter,
  options: { leaseSeconds: number; signal: AbortSignal },
): Promise<Survey> {
  const queues = await connection.lanes();
  const deadLetters: DeadLetter[] = [];
  const lanes = await Promise.all(
    LANES.filter((lane) => (filter.lane ?? lane) === lane).map(async (lane) => {
      const before = await queues[lane].deadLetters.counts();
      const seen = await sweep(queues[lane].deadLetters, {
        ...options,
        waitSeconds: connection.consistencyDelaySeconds,
        async take(messages) {
          for (const message of messages) {
            const deadLetter = readDeadLetter(message, lane);
            if (matches(deadLetter, filter)) deadLetters.push(deadLetter);
          }
          return [];
        },
      });
      return { lane, before, seen };
    }),
  );
  return { deadLetters: deadLetters.sort((a, b) => a.lastAttemptAt - b.lastAttemptAt), lanes };
}

/** How many there are where another reader holds all of them, so that nothing of them is known; else 0. */
export function heldByOthers({ lanes }: Survey): number {
  if (lanes.some(({ before, seen }) => seen + before.waiting > 0)) return 0;
  return lanes.reduce((sum, { before }) => sum + before.inFlight, 0);
}

/** What may have been overlooked: a person who acts on a list must know when it is not all. */
export function warnings({ lanes }: Survey): string[] {
  return lanes.flatMap(({ lane, before, seen }) => [
    ...(before.inFlight > 0
      ? [
          `${lane} lane: ${many(before.inFlight, "dead letter")} in another reader's hands when this began: look again in a minute`,
        ]
      : []),
    ...(seen < before.waiting
      ? [
          `${lane} lane: SQS counted ${before.waiting}, ${seen} were read: its counts lag behind; look again to be sure`,
        ]
      : []),
  ]);
}
