import { ENCODER } from "@imagefleet/core/image";
import { recipeFingerprint } from "@imagefleet/core/recipe";
import shipped from "@imagefleet/workspace/recipe";
import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import type { Presets } from "./presets.ts";
import {
  BAR,
  type CostResult,
  type CostRow,
  costBaseline,
  costRow,
  costTable,
  isUnder,
} from "./report.ts";
import { runCost } from "./run.ts";
import { COST_SOURCES, COST_VERSION, type CostSource, costSource } from "./sources.ts";

export interface CostBenchOptions extends BenchOptions {
  /** A part of the names of the sources that are wanted; all without it. */
  readonly only?: string;
}

/**
 * What the plan says that a job takes of memory, beside what it takes: every format, from small to
 * 48 megapixels, from one thumbnail to all px, each in a process of its own.
 */
export async function costBench(options: CostBenchOptions): Promise<void> {
  const { only = "", say, signal } = options;
  const wanted = COST_SOURCES.flatMap((source) =>
    source.sizes.map((size) => ({ source, size })),
  ).filter(({ source, size }) => `${source.name}, ${size}`.includes(only));
  if (wanted.length === 0) {
    const names = COST_SOURCES.map(({ name }) => name).join("; ");
    throw new Error(`--only ${only}: no such source; there are ${names}`);
  }
  const machine = describeMachine();
  const rows: CostRow[] = [];
  for (const { source, size } of wanted) {
    signal.throwIfAborted();
    say(`${source.name}, ${size} …`);
    const path = await costSource(source, size);
    for (const presets of askedOf(source)) {
      const run = await runCost(path, presets, signal);
      rows.push(costRow({ source: source.name, size, presets, ...run }));
    }
  }
  const result: CostResult = {
    bench: "cost",
    bar: BAR,
    met: !rows.some(isUnder),
    rows,
    machine,
  };
  const setup = `recipe ${recipeFingerprint(shipped, ENCODER)}, sources of ${COST_VERSION}`;
  await finish(
    { result, baseline: costBaseline(result, setup), table: (was) => costTable(result, was) },
    options,
  );
}

function askedOf({ name }: CostSource): readonly Presets[] {
  return name.includes("animated") ? ["thumb", "animated"] : ["thumb", "shipped", "full size"];
}
