import { ENCODER } from "@imagefleet/core/image";
import { recipeFingerprint } from "@imagefleet/core/recipe";
import shipped from "@imagefleet/workspace/recipe";
import { MIB } from "../measure/peak.ts";
import { rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import { BAR, type CostRow, cellsOf, costRow, nameOf } from "./figures.ts";
import type { Presets } from "./presets.ts";
import { runCost } from "./run.ts";
import { COST_SOURCES, COST_VERSION, type CostSource, costSource } from "./sources.ts";

/**
 * The memory that the plan predicts for a job, compared with what the job takes: every format, up to
 * 48 megapixels, from one thumbnail to all pixels, each in a process of its own.
 */
export const cost = defineBench<{ only?: string | undefined }>(
  "cost",
  async ({ only = "" }, { say, signal }) => {
    const wanted = COST_SOURCES.flatMap((source) =>
      source.sizes.map((size) => ({ source, size })),
    ).filter(({ source, size }) => `${source.name}, ${size}`.includes(only));
    if (wanted.length === 0) {
      const names = COST_SOURCES.map(({ name }) => name).join("; ");
      throw new Error(`--only ${only} matches no source: use a part of ${names}`);
    }
    const rows: CostRow[] = [];
    for (const { source, size } of wanted) {
      signal.throwIfAborted();
      say(`${source.name}, ${size} …`);
      const path = await costSource(source, size);
      for (const presets of presetsOf(source)) {
        const run = await runCost(path, presets, signal);
        rows.push(costRow({ source: source.name, size, presets, ...run }));
      }
    }
    const least = Math.min(...rows.map(({ prediction }) => prediction));
    return {
      title: "cost: growth of the process for one job, MiB",
      tables: (was) => [
        {
          texts: 2,
          columns: ["", "prediction", "measured", "baseline", "predicted", "predicted / measured"],
          rows: rows.map((row) => cellsOf(row, was(`${nameOf(row)}: MiB`, 0))),
        },
      ],
      bars: [{ what: "least predicted / measured", is: least, least: BAR }],
      ratios: Object.fromEntries(
        rows.map((row) => [
          `${nameOf(row)}: measured / predicted`,
          rounded(row.grownBytes / row.predictedBytes),
        ]),
      ),
      figures: Object.fromEntries(
        rows.map((row) => [`${nameOf(row)}: MiB`, Math.round(row.grownBytes / MIB)]),
      ),
      setup: `recipe ${recipeFingerprint(shipped, ENCODER)}, sources of ${COST_VERSION}`,
      result: { rows },
    };
  },
);

function presetsOf({ name }: CostSource): readonly Presets[] {
  return name.includes("animated") ? ["thumb", "animated"] : ["thumb", "shipped", "full size"];
}
