import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ENCODER } from "@imagefleet/core/image";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { startSyntheticBucket } from "@imagefleet/local/synthetic-bucket";
import { CLI, runFolder } from "../data.ts";
import { inMib, MIB } from "../measure/peak.ts";
import { runProgram } from "../measure/program.ts";
import { rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";

/** Peak memory with ten times the sources, over that of the smaller audit. */
const GROWTH_BAR = 1.25;
const RECIPE = { presets: { thumb: "16x16" } };
/** The share of sources with a manifest, which is read; the others are findings. */
const SHARE = 0.01;
/** The exit code of an audit that finds anything incomplete. */
const INCOMPLETE = 3;

/** Memory and time of an audit of a bucket, and of one of a tenth of its size. */
export const audit = defineBench<{ sources: number }>(
  "audit",
  async ({ sources }, { say, signal }) => {
    await using folder = await runFolder();
    const run = (size: number) => {
      say(`${size} sources …`);
      return runAudit(size, folder.path, signal);
    };
    const small = await run(Math.round(sources / 10));
    const large = await run(sources);
    const rows = [small, large];
    const growth = rounded(large.peakBytes / small.peakBytes);
    return {
      title:
        "audit: synthetic buckets that exist only as listings, one source in a hundred with a manifest",
      tables: () => [
        {
          texts: 0,
          columns: ["sources", "renditions", "seconds", "CPU s", "peak MiB"],
          rows: rows.map((row) => [
            row.sources.toLocaleString("en"),
            row.objects.toLocaleString("en"),
            row.seconds.toFixed(1),
            (row.cpuMs / 1000).toFixed(1),
            inMib(row.peakBytes),
          ]),
        },
      ],
      bars: [{ what: "peak with ten times the sources", is: growth, most: GROWTH_BAR }],
      ratios: { "peak of ten times as many": growth },
      figures: Object.fromEntries(
        rows.flatMap((row) => [
          [`${row.sources} seconds`, rounded(row.seconds)],
          [`${row.sources} CPU ms`, rounded(row.cpuMs)],
          [`${row.sources} peak MiB`, Math.round(row.peakBytes / MIB)],
        ]),
      ),
      setup: `${sources} sources`,
      result: { rows, growth },
    };
  },
);

async function runAudit(sources: number, folder: string, signal: AbortSignal) {
  const recipe = defineRecipe(RECIPE);
  const file = join(folder, "recipe.mjs");
  await writeFile(file, `export default ${JSON.stringify(RECIPE)};`);
  const manifests = Math.round(sources * SHARE);
  const fingerprint = recipeFingerprint(recipe, ENCODER);
  const bucket = await startSyntheticBucket({ sources, manifests, recipe, fingerprint });
  try {
    const args = ["audit", "--endpoint", bucket.endpoint, "--recipe", file, "--limit", "0"];
    const start = performance.now();
    const { code, stderr, cpuMs, peakBytes } = await runProgram(CLI, args, { folder, signal });
    const seconds = (performance.now() - start) / 1000;
    if (code !== INCOMPLETE) throw new Error(`the audit exited with ${code}:\n${stderr}`);
    return { sources, objects: sources + manifests, seconds, cpuMs, peakBytes };
  } finally {
    await bucket.close();
  }
}
