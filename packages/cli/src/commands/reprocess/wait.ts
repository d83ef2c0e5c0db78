import { setTimeout as pause } from "node:timers/promises";
import { LANES } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";
import type { Connection } from "../../connection/connect.ts";
import { survey, warnings } from "../../dead-letters/survey.ts";
import { untilReleased } from "../../dead-letters/walk.ts";

/** Messages in both lanes, waiting or in flight, and dead letters. */
export interface Depths {
  readonly lanes: number;
  readonly deadLetters: number;
}

export async function depthsOf(connection: Connection): Promise<Depths> {
  const { small, large } = await connection.lanes();
  const counts = await Promise.all(
    [small.queue, large.queue, small.deadLetters, large.deadLetters].map((queue) => queue.counts()),
  );
  const sums = counts.map(({ waiting, inFlight }) => waiting + inFlight);
  return { lanes: (sums[0] ?? 0) + (sums[1] ?? 0), deadLetters: (sums[2] ?? 0) + (sums[3] ?? 0) };
}

/** SQS's counts lag behind: the lanes count as empty after this many empty reads in a row. */
const EMPTY_READS = { cloud: 5, local: 2 } as const;
const READ_MS = { cloud: 2_000, local: 200 } as const;

/** Waits until both lanes are empty. This includes uploads that arrive meanwhile. */
export async function untilDrained(
  connection: Connection,
  signal: AbortSignal,
  onRead: (depths: Depths) => void,
): Promise<void> {
  const kind = connection.consistencyDelaySeconds === 0 ? "local" : "cloud";
  let emptyReads = 0;
  while (emptyReads < EMPTY_READS[kind] && !signal.aborted) {
    const depths = await depthsOf(connection);
    onRead(depths);
    emptyReads = depths.lanes === 0 ? emptyReads + 1 : 0;
    await pause(READ_MS[kind], undefined, { signal }).catch(() => undefined);
  }
}

/** How often dead letters are read when another reader was at work, and how long it is waited for, ms. */
const READS = 3;
const HELD_MS = 10_000;

/** The dead letters of a run's own jobs, without those of other jobs. */
export async function deadLettersOf(
  run: string,
  connection: Connection,
  signal: AbortSignal,
): Promise<readonly DeadLetter[]> {
  for (let read = 1; ; read++) {
    // What another reader, such as status, holds would be missing.
    await untilReleased(connection, LANES, HELD_MS, signal);
    const found = await survey(connection, {}, { leaseSeconds: 60, signal });
    if (signal.aborted || read === READS || warnings(found).length === 0) {
      return found.deadLetters.filter((deadLetter) => deadLetter.run === run);
    }
  }
}
