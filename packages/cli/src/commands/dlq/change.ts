import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { DeadLetter, ReceivedMessage } from "@imagefleet/core/queue";
import type { Connection } from "../../connection/connect.ts";
import { untilReleased, type WalkOptions, walk } from "../../dead-letters/walk.ts";
import { many, thousands } from "../../terminal/format.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";

/** The result of a change to many dead letters. */
export interface Changed {
  readonly done: number;
  /** Dead letters that the survey found and the change did not: another reader has taken them. */
  readonly missed: number;
}

/** How often the queues are read for what another reader held, and how long each time is waited for it, ms. */
const PASSES = 5;
const HELD_MS = 10_000;

/**
 * Changes the dead letters of a survey and no others, and shows the progress. A message that was
 * redriven and failed again in the meantime has another id.
 *
 * @param options.verb what is done to them, for the progress: `redriven`
 * @param work gets up to ten messages of one lane and returns those that it has deleted from the queue
 */
export async function change(
  deadLetters: readonly DeadLetter[],
  connection: Connection,
  options: Pick<WalkOptions, "leaseSeconds" | "signal" | "pollers"> & { verb: string },
  screen: Screen,
  work: (messages: readonly ReceivedMessage[], lane: Lane) => Promise<readonly ReceivedMessage[]>,
): Promise<Changed> {
  const idsOf = (lane: Lane) =>
    new Set(deadLetters.filter((each) => each.lane === lane).map(({ id }) => id));
  const left = { small: idsOf("small"), large: idsOf("large") };
  const isDone = (lane: Lane) => left[lane].size === 0;
  const lanes = LANES.filter((lane) => !isDone(lane));
  let done = 0;
  const began = performance.now();
  using _progress = showRepeatedly(screen, () => {
    const rate = (done / (performance.now() - began)) * 1000;
    return [
      `${options.verb} ${thousands(done)} of ${many(deadLetters.length, "dead letter")}, ${rate.toFixed(0)}/s`,
    ];
  });
  for (let pass = 1; ; pass++) {
    await walk(connection, { ...options, lanes, isDone }, async (found, lane) => {
      const messages = found.map(({ message }) => message).filter(({ id }) => left[lane].has(id));
      if (messages.length === 0) return [];
      const deleted = await work(messages, lane);
      for (const { id } of messages) left[lane].delete(id);
      done += deleted.length;
      return deleted;
    });
    const { signal } = options;
    if (signal.aborted || lanes.every(isDone) || pass === PASSES) break;
    // Another reader may have released them since: what nobody holds and a second pass does not find is gone.
    if (!(await untilReleased(connection, lanes, HELD_MS, signal)) && pass > 1) break;
  }
  return { done, missed: options.signal.aborted ? 0 : left.small.size + left.large.size };
}

/** A line about dead letters that were missed; none if all were found. */
export function missedText({ missed }: Pick<Changed, "missed">): string[] {
  if (missed === 0) return [];
  return [`${many(missed, "dead letter")} not found again: another reader has taken them`];
}
