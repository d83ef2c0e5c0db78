import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { DeadLetter, ReceivedMessage } from "@imagefleet/core/queue";
import type { Connection } from "../../connection/connect.ts";
import { act } from "../../dead-letters/act.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many, thousands } from "../../terminal/thousands.ts";

/** How a change of many dead letters went. */
export interface Changed {
  readonly done: number;
  /** Dead letters that were there at the survey and are not now: somebody else took them. */
  readonly missed: number;
}

/**
 * Does something with each of the dead letters, both lanes side by side, showing how far it is.
 *
 * @param work gets up to ten of one lane; gives those that are gone from the queue
 */
export async function change(
  deadLetters: readonly DeadLetter[],
  connection: Connection,
  options: { leaseSeconds: number; signal: AbortSignal; pollers?: number; verb: string },
  screen: Screen,
  work: (messages: readonly ReceivedMessage[], lane: Lane) => Promise<readonly ReceivedMessage[]>,
): Promise<Changed> {
  const queues = await connection.lanes();
  let done = 0;
  const began = performance.now();
  using _progress = showRepeatedly(screen, () => {
    const rate = (done / (performance.now() - began)) * 1000;
    return [
      `${options.verb} ${thousands(done)} of ${many(deadLetters.length, "dead letter")}, ${rate.toFixed(0)}/s`,
    ];
  });
  const missed = await Promise.all(
    LANES.map((lane) => {
      const ids = new Set(
        deadLetters.filter((deadLetter) => deadLetter.lane === lane).map(({ id }) => id),
      );
      return act(
        queues[lane].deadLetters,
        lane,
        ids,
        { ...options, waitSeconds: connection.consistencyDelaySeconds },
        async (some) => {
          const gone = await work(
            some.map(({ message }) => message),
            lane,
          );
          done += gone.length;
          return gone;
        },
      );
    }),
  );
  return { done, missed: missed.reduce((sum, each) => sum + each, 0) };
}
