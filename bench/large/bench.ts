import { fileURLToPath } from "node:url";
import { ENCODER } from "@imagefleet/core/image";
import { recipeFingerprint } from "@imagefleet/core/recipe";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import * as v from "valibot";
import { RECIPE } from "../data.ts";
import { runChild } from "../measure/child.ts";
import { inMib, MIB } from "../measure/peak.ts";
import { rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import { LARGE_SOURCES, largeSource, removeLargeSources } from "./sources.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
const GIGAPIXEL = "gigapixel.tif";

/** Peak resident size of the gigapixel TIFF. */
const BAR_MIB = 512;

const runSchema = v.object({
  width: v.number(),
  height: v.number(),
  bytes: v.number(),
  pages: v.number(),
  /** The source's lane in the fleet. */
  lane: v.picklist(["small", "large"]),
  strategy: v.picklist(["cascade", "stream"]),
  renditions: v.number(),
  wallMs: v.number(),
  cpuMs: v.number(),
  /** Peak resident size before the source is opened, bytes. */
  restBytes: v.number(),
  /** Peak resident size at the end, bytes. */
  peakBytes: v.number(),
  /** The growth that the plan predicts, bytes. */
  predictedBytes: v.number(),
});

/** One source, rendered in a fresh process. */
export type LargeRun = v.InferOutput<typeof runSchema>;

/** Predicted over measured growth of the process: under 0.9 the prediction is too low. */
export function predictionOf(run: Pick<LargeRun, "predictedBytes" | "peakBytes" | "restBytes">) {
  return rounded(run.predictedBytes / Math.max(1, run.peakBytes - run.restBytes));
}

/**
 * Memory of the large lane: the shipped recipe on sources that no function can hold, each rendered as
 * the worker does it, in a process of its own.
 */
export const large = defineBench<{ only?: string | undefined; remove?: true | undefined }>(
  "large",
  async ({ only = "", remove }, { say, signal }) => {
    const wanted = LARGE_SOURCES.filter(({ name, file }) => `${name} ${file}`.includes(only));
    if (wanted.length === 0) {
      const names = LARGE_SOURCES.map(({ file }) => file).join(", ");
      throw new Error(`--only ${only} matches no source: use a part of ${names}`);
    }
    const recipe = await loadRecipe(RECIPE.href);
    const sources: (LargeRun & { name: string; file: string; prediction: number })[] = [];
    for (const source of wanted) {
      signal.throwIfAborted();
      const path = await largeSource(source, say);
      say(`rendering ${source.name} …`);
      const run = await runChild([CHILD, path, RECIPE.href], runSchema, { signal });
      sources.push({ name: source.name, file: source.file, ...run, prediction: predictionOf(run) });
    }
    if (remove) await removeLargeSources();
    const columns = ["MP", "file MiB", "lane", "strategy", "wall s", "CPU s", "peak MiB"];
    return {
      title: "large: each source rendered from a file in a process of its own",
      tables: (was) => [
        {
          columns: ["", ...columns, "baseline", "predicted / measured"],
          rows: sources.map((row) => [
            row.name,
            ((row.width * row.height) / 1e6).toFixed(0),
            (row.bytes / MIB).toFixed(row.bytes < 10 * MIB ? 1 : 0),
            row.lane,
            row.strategy,
            (row.wallMs / 1000).toFixed(1),
            (row.cpuMs / 1000).toFixed(1),
            inMib(row.peakBytes),
            was(`${row.name}: peak MiB`, 0),
            row.prediction.toFixed(2),
          ]),
        },
      ],
      bars: sources
        .filter(({ file }) => file === GIGAPIXEL)
        .map(({ name, peakBytes }) => ({
          what: `${name}: peak`,
          is: peakBytes / MIB,
          most: BAR_MIB,
          unit: " MiB",
        })),
      ratios: Object.fromEntries(
        sources.map(({ name, peakBytes }) => [
          `${name}: peak / 512 MiB`,
          rounded(peakBytes / MIB / BAR_MIB),
        ]),
      ),
      figures: Object.fromEntries(
        sources.flatMap(({ name, peakBytes, cpuMs }) => [
          [`${name}: peak MiB`, Math.round(peakBytes / MIB)],
          [`${name}: CPU ms`, Math.round(cpuMs)],
        ]),
      ),
      setup: `recipe ${recipeFingerprint(recipe, ENCODER)}, sources of large-1`,
      result: { sources },
    };
  },
);
