import type { DeadLetter } from "@imagefleet/core/queue";
import { forEachPage } from "./for-each-page.ts";
import type { RunContext } from "./prepare.ts";
import { isSelected } from "./selection.ts";
import type { StaleCheck } from "./stale.ts";

/**
 * How many sources of a run are still stale after it, for example because the fleet runs another
 * recipe. Sources with a dead letter, and those written since the run started, are not counted.
 *
 * @param onChecked receives the number of sources checked so far
 * @returns undefined when an abort came first
 * @throws Failure
 */
export async function countStale(
  { checkpoint, partitions, recipe, signal }: RunContext,
  stale: StaleCheck,
  deadLetters: readonly DeadLetter[],
  onChecked: (checked: number) => void,
): Promise<number | undefined> {
  const { selection, startedAt } = checkpoint;
  const failed = new Set(deadLetters.map(({ source }) => source?.key));
  let checked = 0;
  let count = 0;
  await forEachPage(
    partitions,
    partitions.map(() => ({ done: false })),
    async ({ sourceKeys }) => {
      const selected = sourceKeys.filter(
        (each) =>
          isSelected(each, selection, recipe) &&
          (each.modified ?? 0) <= startedAt &&
          !failed.has(each.key),
      );
      const left = await stale.of(selected);
      // A file of keys describes the sources as they were before the run: some may be gone.
      count += selection.from === undefined ? left.length : (await stale.ofExisting(left)).length;
      checked += selected.length;
      onChecked(checked);
      return signal.aborted ? undefined : true;
    },
    signal,
  );
  return signal.aborted ? undefined : count;
}
