import fc from "fast-check";
import { expect, test } from "vitest";
import { forEachPage, type PartitionState } from "./for-each-page.ts";
import type { Partition, SourceKeyPage } from "./source-key.ts";

/** Partitions with the given numbers of pages, one key each; a mark is the number of the page. */
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

test("a resumed run skips nothing, in whatever order pages end and however the run before it ended", async () => {
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
        const send = async ({ sourceKeys }: SourceKeyPage) => {
          for (const { key } of sourceKeys) sent.add(key);
          return sourceKeys.length;
        };
        const stop = new AbortController();
        const handle = scheduler.scheduleFunction(async (page: SourceKeyPage) => {
          if (sent.size < stopAfter) return send(page);
          if (throws) throw new Error("SQS is gone");
          stop.abort();
          return undefined;
        });
        let passed = 0;
        const pass = (keys: number) => {
          passed += keys;
        };
        const run = forEachPage(partitions, states, handle, stop.signal, pass);
        await scheduler.waitFor(run.catch(() => undefined));

        // A new process knows only the marks.
        const kept: PartitionState[] = JSON.parse(JSON.stringify(states));
        await forEachPage(partitions, kept, send, new AbortController().signal, pass);
        const total = lengths.reduce((sum, length) => sum + length, 0);
        expect(sent.size).toBe(total);
        expect(passed).toBe(total);
        expect(kept.every(({ done }) => done)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
