import pLimit from "p-limit";
import type { Partition, SourceKeyPage } from "./source-key.ts";

/** Partitions that are read concurrently, and pages of each that are handled concurrently. */
const PARTITIONS = 8;
const PAGES = 3;

export interface PartitionState {
  mark?: string | undefined;
  done: boolean;
}

/**
 * Handles the pages of all partitions concurrently. The mark of a partition moves only past pages
 * whose predecessors are all handled, so a resumed run that starts after the mark skips nothing.
 *
 * @param states where each partition continues; kept up to date
 * @param handle returns undefined when an abort came first
 * @param onPassed receives the result of each page when the mark moves past it
 * @throws what `handle` throws
 */
export async function forEachPage<T extends {}>(
  partitions: readonly Partition[],
  states: readonly PartitionState[],
  handle: (page: SourceKeyPage) => Promise<T | undefined>,
  signal: AbortSignal,
  onPassed: (result: T) => void = () => undefined,
): Promise<void> {
  const limit = pLimit(PARTITIONS);
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const ends = await Promise.allSettled(
    partitions.map((partition, index) =>
      limit(async () => {
        const state = states[index];
        if (state === undefined || state.done || stop.aborted) return;
        try {
          await forEachPageOf(partition, state, handle, stop, onPassed);
        } catch (error) {
          failure.abort();
          throw error;
        }
      }),
    ),
  );
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}

async function forEachPageOf<T extends {}>(
  partition: Partition,
  state: PartitionState,
  handle: (page: SourceKeyPage) => Promise<T | undefined>,
  stop: AbortSignal,
  onPassed: (result: T) => void,
): Promise<void> {
  const pending: { readonly mark: string; readonly result: Promise<T | undefined> }[] = [];
  const passFirst = async (): Promise<boolean> => {
    const first = pending.shift();
    const result = await first?.result;
    if (first === undefined || result === undefined) return false;
    state.mark = first.mark;
    onPassed(result);
    return true;
  };
  try {
    for await (const page of partition.pages(state.mark)) {
      if (stop.aborted) break;
      const result = handle(page);
      result.catch(() => undefined);
      pending.push({ mark: page.mark, result });
      if (pending.length >= PAGES && !(await passFirst())) return;
    }
    while (pending.length > 0) if (!(await passFirst())) return;
    if (!stop.aborted) state.done = true;
  } finally {
    await Promise.allSettled(pending.map(({ result }) => result));
  }
}
