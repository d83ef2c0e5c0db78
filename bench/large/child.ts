import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { configureCodec, probe, render } from "@imagefleet/core/image";
import {
  FUNCTION_BYTES,
  functionMemory,
  laneByBytes,
  laneByCost,
  planRenditions,
} from "@imagefleet/core/plan";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { ownCpu } from "../measure/cpu.ts";
import type { LargeRun } from "./run.ts";

/** A function of 2 GiB sees two CPUs. */
const FUNCTION_CPUS = 2;

/** The smallest task that Fargate has with one vCPU, and the part of it that the worker gives jobs. */
const WORKER_BYTES = 2048 * 1024 * 1024 * 0.7;

// One source in a process of its own, by the worker's path: a file, probed, planned and rendered.
const [path = "", recipeUrl = ""] = process.argv.slice(2);
configureCodec({ threads: availableParallelism() });
const recipe = await loadRecipe(recipeUrl);
const { renderBytes: small } = functionMemory({
  functionBytes: FUNCTION_BYTES,
  sourceBytes: recipe.lanes.smallBytes,
  renders: FUNCTION_CPUS,
});
const restBytes = await peakBytes();
const [cpu, wall] = [ownCpu(), performance.now()];
const input = { kind: "file", path } as const;
const info = await probe(input, recipe);
const byCost = laneByCost(planRenditions(info, recipe, "source", small), small);
const plan = planRenditions(info, recipe, "source", WORKER_BYTES);
let renditions = 0;
await render(input, plan, {
  onRendition: () => {
    renditions += 1;
  },
});
const run: LargeRun = {
  width: info.width,
  height: info.height,
  bytes: info.bytes,
  pages: info.pages,
  lane: laneByBytes(recipe, info.bytes) === "large" ? "large" : byCost,
  strategy: plan.strategy,
  renditions,
  wallMs: performance.now() - wall,
  cpuMs: ownCpu() - cpu,
  restBytes,
  peakBytes: await peakBytes(),
  predictedBytes: plan.peakBytes,
};
process.stdout.write(JSON.stringify(run));

/** The most that was resident so far. Linux carries getrusage's over from the parent: not so /proc's. */
async function peakBytes(): Promise<number> {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const status = await readFile("/proc/self/status", "latin1");
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kib === undefined) throw new Error("/proc/self/status says no VmHWM");
  return Number(kib) * 1024;
}
