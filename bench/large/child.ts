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
import { peakBytes } from "../measure/peak.ts";
import type { LargeRun } from "./bench.ts";

/** The CPUs of a function of 2 GiB. */
const FUNCTION_CPUS = 2;

/** The smallest Fargate task with one vCPU, and the share of its memory that the worker uses for jobs. */
const WORKER_BYTES = 2048 * 1024 * 1024 * 0.7;

// Renders one source as the worker does: from a file, with probe and plan.
const [path = "", recipeUrl = ""] = process.argv.slice(2);
configureCodec({ threads: availableParallelism() });
const recipe = await loadRecipe(recipeUrl);
const { renderBytes: small } = functionMemory({
  functionBytes: FUNCTION_BYTES,
  sourceBytes: recipe.lanes.smallBytes,
  renders: FUNCTION_CPUS,
});
const restBytes = peakBytes();
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
  peakBytes: peakBytes(),
  predictedBytes: plan.peakBytes,
};
process.stdout.write(JSON.stringify(run));
