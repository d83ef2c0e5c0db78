import type { DeadLetter } from "@imagefleet/core/queue";
import type { Recipe } from "@imagefleet/core/recipe";
import { isMeant } from "./choose.ts";
import type { Prepared } from "./prepare.ts";
import { goThrough } from "./send.ts";
import type { StaleCheck } from "./stale.ts";

/**
 * How many of a run's sources are not up to date after it: the fleet may run another recipe.
 * What died is left out, as it is told by itself; so is what was written since the run began.
 *
 * @returns undefined when an abort came first
 * @throws Failure
 */
export async function countStillStale(
  { checkpoint, partitions }: Prepared,
  {
    recipe,
    stale,
    deadLetters,
  }: { recipe: Recipe; stale: StaleCheck; deadLetters: readonly DeadLetter[] },
  signal: AbortSignal,
  onCounted: (looked: number) => void,
): Promise<number | undefined> {
  const { selection, startedAt } = checkpoint;
  const dead = new Set(deadLetters.map(({ source }) => source?.key));
  const states = partitions.map(() => ({ done: false }));
  let looked = 0;
  let count = 0;
  await goThrough(
    partitions,
    states,
    async ({ sourceKeys }) => {
      const chosen = sourceKeys.filter(
        (each) =>
          isMeant(each, selection, recipe) &&
          (each.modified ?? 0) <= startedAt &&
          !dead.has(each.key),
      );
      const left = await stale.of(chosen);
      // What a file of keys says of its sources is of before the run, and some may be gone.
      count += selection.from === undefined ? left.length : (await stale.there(left)).length;
      looked += chosen.length;
      onCounted(looked);
      return !signal.aborted;
    },
    signal,
  );
  return signal.aborted ? undefined : count;
}
