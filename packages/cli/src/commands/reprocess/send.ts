import type { Job } from "@imagefleet/core/intake";
import pLimit from "p-limit";
import type { Partition, SourceKey, SourceKeyPage } from "./source-key.ts";

/** Tracks read at once, and pages of each on their way at once. */
const PARTITIONS = 8;
const PAGES = 3;

export interface PartitionState {
  mark?: string | undefined;
  done: boolean;
}

/**
 * Goes through tracks side by side. A track's mark moves only over pages of which all before it are
 * dealt with: what a resumed run begins after is sent.
 *
 * @param states where each track goes on, kept up to date
 * @param deal deals with a page; false: an abort came first
 * @param onPassed told of each page as the mark moves over it
 * @throws what `deal` throws
 */
export async function goThrough(
  partitions: readonly Partition[],
  states: readonly PartitionState[],
  deal: (page: SourceKeyPage) => Promise<boolean>,
  signal: AbortSignal,
  onPassed: (page: SourceKeyPage) => void = () => undefined,
): Promise<void> {
  const limit = pLimit(PARTITIONS);
  const broken = new AbortController();
  const stop = AbortSignal.any([signal, broken.signal]);
  const ends = await Promise.allSettled(
    partitions.map((partition, index) =>
      limit(async () => {
        const state = states[index];
        if (state === undefined || state.done || stop.aborted) return;
        try {
          await goAlong(partition, state, deal, stop, onPassed);
        } catch (error) {
          broken.abort();
          throw error;
        }
      }),
    ),
  );
  const fault = ends.find((end) => end.status === "rejected");
  if (fault) throw fault.reason;
}

async function goAlong(
  partition: Partition,
  state: PartitionState,
  deal: (page: SourceKeyPage) => Promise<boolean>,
  stop: AbortSignal,
  onPassed: (page: SourceKeyPage) => void,
): Promise<void> {
  const onTheirWay: { readonly page: SourceKeyPage; readonly dealt: Promise<boolean> }[] = [];
  const settle = async (): Promise<boolean> => {
    const first = onTheirWay.shift();
    if (first === undefined || !(await first.dealt)) return false;
    state.mark = first.page.mark;
    onPassed(first.page);
    return true;
  };
  try {
    for await (const page of partition.pages(state.mark)) {
      if (stop.aborted) break;
      const dealt = deal(page);
      dealt.catch(() => undefined);
      onTheirWay.push({ page, dealt });
      if (onTheirWay.length >= PAGES && !(await settle())) return;
    }
    while (onTheirWay.length > 0) if (!(await settle())) return;
    if (!stop.aborted) state.done = true;
  } finally {
    await Promise.allSettled(onTheirWay.map(({ dealt }) => dealt));
  }
}

/** The jobs of candidates. */
export function jobsOf(
  sourceKeys: readonly SourceKey[],
  common: Pick<Job, "bucket" | "force" | "run">,
): Job[] {
  return sourceKeys.map(({ key, bytes }) => ({
    ...common,
    key,
    ...(bytes !== undefined && { bytes }),
    mayHaveRun: false,
  }));
}
