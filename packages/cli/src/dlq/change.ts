import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { Letter, ReceivedMessage } from "@imagefleet/core/queue";
import type { Connection } from "../connection/connect.ts";
import { showRepeatedly } from "../view/progress.ts";
import type { Screen } from "../view/screen.ts";
import { many, thousands } from "../view/thousands.ts";
import { act } from "./act.ts";

/** How a change of many letters went. */
export interface Changed {
  readonly done: number;
  /** Letters that were there at the survey and are not now: somebody else took them. */
  readonly missed: number;
}

/**
 * Does something with each of the letters, both lanes side by side, showing how far it is.
 *
 * @param work gets up to ten of one lane; gives those that are gone from the queue
 */
export async function change(
  letters: readonly Letter[],
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
      `${options.verb} ${thousands(done)} of ${many(letters.length, "letter")}, ${rate.toFixed(0)}/s`,
    ];
  });
  const missed = await Promise.all(
    LANES.map((lane) => {
      const ids = new Set(letters.filter((letter) => letter.lane === lane).map(({ id }) => id));
      return act(
        queues[lane].letters,
        lane,
        ids,
        { ...options, waitSeconds: connection.proofSeconds },
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
