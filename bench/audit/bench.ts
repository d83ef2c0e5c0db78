import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ENCODER } from "@imagefleet/core/image";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { startSyntheticBucket } from "@imagefleet/local/synthetic-bucket";
import { DATA } from "../data.ts";
import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import { runProgram } from "../measure/program.ts";
import { type AuditResult, type AuditRow, auditBaseline, auditTable, FLAT_BAR } from "./report.ts";

const CLI = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const RECIPE = { presets: { thumb: "16x16" } };
/** Of a hundred sources one has a manifest, which is read; the others are findings. */
const SHARE = 0.01;
/** As the command line ends when something is incomplete. */
const INCOMPLETE = 3;

export interface AuditBenchOptions extends BenchOptions {
  readonly sources: number;
}

/** What an audit takes of memory and time over a bucket, and over one of a tenth of its size. */
export async function auditBench(options: AuditBenchOptions): Promise<void> {
  const { sources, say, signal } = options;
  const machine = describeMachine();
  await mkdir(DATA, { recursive: true });
  const folder = await mkdtemp(join(DATA, "run-"));
  const rows: AuditRow[] = [];
  try {
    for (const size of [Math.round(sources / 10), sources]) {
      say(`${size} sources …`);
      rows.push(await audit(size, folder, signal));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const [small, large] = rows;
  if (small === undefined || large === undefined) throw new Error("an audit bench has two sizes");
  const growth = large.peakBytes / small.peakBytes;
  const result: AuditResult = { bench: "audit", rows, growth, met: growth <= FLAT_BAR, machine };
  await finish(
    {
      result,
      baseline: auditBaseline(result, `${sources} sources`),
      table: () => auditTable(result),
    },
    options,
  );
}

async function audit(sources: number, folder: string, signal: AbortSignal): Promise<AuditRow> {
  const recipe = defineRecipe(RECIPE);
  const file = join(folder, "recipe.mjs");
  await writeFile(file, `export default ${JSON.stringify(RECIPE)};`);
  const manifests = Math.round(sources * SHARE);
  const fingerprint = recipeFingerprint(recipe, ENCODER);
  const vast = await startSyntheticBucket({ sources, manifests, recipe, fingerprint });
  try {
    const args = ["audit", "--endpoint", vast.endpoint, "--recipe", file, "--limit", "0"];
    const began = performance.now();
    const ran = await runProgram(CLI, args, { folder, signal });
    const seconds = (performance.now() - began) / 1000;
    if (ran.code !== INCOMPLETE) throw new Error(`it ended with ${ran.code}:\n${ran.stderr}`);
    const { cpuMs, peakBytes } = ran;
    return { sources, objects: sources + manifests, seconds, cpuMs, peakBytes };
  } finally {
    await vast.close();
  }
}
