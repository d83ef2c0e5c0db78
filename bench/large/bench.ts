import { ENCODER } from "@imagefleet/core/image";
import { recipeFingerprint } from "@imagefleet/core/recipe";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import {
  BAR_BYTES,
  type LargeResult,
  type LargeRow,
  largeBaseline,
  largeRow,
  largeTable,
} from "./report.ts";
import { runLarge } from "./run.ts";
import { LARGE_SOURCES, largeSource, removeLargeSources } from "./sources.ts";

const RECIPE = new URL("../../recipe.ts", import.meta.url);
const GIGAPIXEL = "gigapixel.tif";

export interface LargeBenchOptions extends BenchOptions {
  /** A part of the names of the sources that are wanted; all without it. */
  readonly only?: string;
  /** Takes the sources off the disk afterwards. */
  readonly remove: boolean;
}

/**
 * What the large lane takes of memory: the shipped recipe on sources that no function could hold,
 * each by the worker's path in a process of its own.
 */
export async function largeBench(options: LargeBenchOptions): Promise<void> {
  const { only = "", remove, say, signal } = options;
  const wanted = LARGE_SOURCES.filter(({ name, file }) => `${name} ${file}`.includes(only));
  if (wanted.length === 0) {
    const names = LARGE_SOURCES.map(({ file }) => file).join(", ");
    throw new Error(`--only ${only}: no such source; there are ${names}`);
  }
  const machine = describeMachine();
  const recipe = await loadRecipe(RECIPE.href);
  const sources: LargeRow[] = [];
  let gigapixel: LargeRow | undefined;
  for (const source of wanted) {
    signal.throwIfAborted();
    const path = await largeSource(source, say);
    say(`rendering ${source.name} …`);
    const row = largeRow(source.name, await runLarge(path, RECIPE.href, signal));
    if (source.file === GIGAPIXEL) gigapixel = row;
    sources.push(row);
  }
  if (remove) await removeLargeSources();
  const result: LargeResult = {
    bench: "large",
    barBytes: BAR_BYTES,
    ...(gigapixel === undefined ? {} : { met: gigapixel.peakBytes <= BAR_BYTES }),
    sources,
    machine,
  };
  const setup = `recipe ${recipeFingerprint(recipe, ENCODER)}, sources of large-1`;
  await finish(
    {
      result,
      baseline: largeBaseline(result, setup),
      table: (earlier) => largeTable(result, earlier),
    },
    options,
  );
}
