import fc from "fast-check";
import { expect, test } from "vitest";
import { goThrough, type PartitionState } from "./send.ts";
import type { Partition, SourceKeyPage } from "./source-key.ts";

/** Tracks of so many pages of one key each; a mark is the number of the page. */
function partitionsOf(lengths: readonly number[]): Partition[] {
  return lengths.map((length, at) => ({
    name: String(at),
    async *pages(after) {
      for (let page = Number(after ?? -1) + 1; page < length; page++) {
        yield { sourceKeys: [{ key: `${at}/${page}` }], mark: String(page) };
      }
    },
  }));
}

test("whatever ends a run, and in whatever order pages are dealt with, a resumed one skips nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 9 }), { maxLength: 10 }),
      fc.scheduler(),
      fc.nat({ max: 60 }),
      fc.boolean(),
      async (lengths, scheduler, stopAfter, throws) => {
        const partitions = partitionsOf(lengths);
        const states: PartitionState[] = partitions.map(() => ({ done: false }));
        const sent = new Set<string>();
        const stop = new AbortController();
        const deal = scheduler.scheduleFunction(async ({ sourceKeys }: SourceKeyPage) => {
          if (sent.size >= stopAfter) {
            if (throws) throw new Error("SQS is gone");
            stop.abort();
            return false;
          }
          for (const { key } of sourceKeys) sent.add(key);
          return true;
        });
        const run = goThrough(partitions, states, deal, stop.signal).catch(() => undefined);
        await scheduler.waitFor(run);

        // As a new process would: from the marks alone.
        const kept: PartitionState[] = JSON.parse(JSON.stringify(states));
        const all = async ({ sourceKeys }: SourceKeyPage) => {
          for (const { key } of sourceKeys) sent.add(key);
          return true;
        };
        await goThrough(partitions, kept, all, new AbortController().signal);
        const total = lengths.reduce((sum, length) => sum + length, 0);
        expect(sent.size).toBe(total);
        expect(kept.every(({ done }) => done)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
