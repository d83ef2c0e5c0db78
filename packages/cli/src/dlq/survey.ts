import { LANES, type Lane } from "@imagefleet/core/outcome";
import { type Letter, type QueueCounts, readLetter } from "@imagefleet/core/queue";
import type { Connection } from "../connection/connect.ts";
import { many } from "../view/thousands.ts";
import { type LetterFilter, matches } from "./filter.ts";
import { sweep } from "./sweep.ts";

/** What was read of the dead-letter queues. */
export interface Survey {
  /** Those that the filter means, without their bodies. */
  readonly letters: readonly Letter[];
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
  filter: LetterFilter,
  options: { leaseSeconds: number; signal: AbortSignal },
): Promise<Survey> {
  const queues = await connection.lanes();
  const letters: Letter[] = [];
  const lanes = await Promise.all(
    LANES.filter((lane) => (filter.lane ?? lane) === lane).map(async (lane) => {
      const before = await queues[lane].letters.counts();
      const seen = await sweep(queues[lane].letters, {
        ...options,
        waitSeconds: connection.proofSeconds,
        async take(messages) {
          for (const message of messages) {
            const letter = readLetter(message, lane);
            if (matches(letter, filter)) letters.push(letter);
          }
          return [];
        },
      });
      return { lane, before, seen };
    }),
  );
  return { letters: letters.sort((a, b) => a.lastAttemptAt - b.lastAttemptAt), lanes };
}

/** How many there are where another reader holds all of them, so that nothing of them is known; else 0. */
export function heldByOthers({ lanes }: Survey): number {
  if (lanes.some(({ before, seen }) => seen + before.waiting > 0)) return 0;
  return lanes.reduce((sum, { before }) => sum + before.inFlight, 0);
}

/** What may have been overlooked: a person who acts on a list must know when it is not all. */
export function doubts({ lanes }: Survey): string[] {
  return lanes.flatMap(({ lane, before, seen }) => [
    ...(before.inFlight > 0
      ? [
          `${lane} lane: ${many(before.inFlight, "letter")} in another reader's hands when this began: look again in a minute`,
        ]
      : []),
    ...(seen < before.waiting
      ? [
          `${lane} lane: SQS counted ${before.waiting}, ${seen} were read: its counts lag behind; look again to be sure`,
        ]
      : []),
  ]);
}
