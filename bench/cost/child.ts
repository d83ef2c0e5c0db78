import { readFileSync, writeFileSync } from "node:fs";
import { configureCodec, probe, render } from "@imagefleet/core/image";
import { planRenditions } from "@imagefleet/core/plan";
import { defineRecipe } from "@imagefleet/core/recipe";
import * as v from "valibot";
import { ASKED_NAMES, PRESETS } from "./presets.ts";
import type { CostRun } from "./run.ts";

const MIB = 1024 * 1024;

// One source in a process of its own, as the function does it: bytes in memory, two pipelines.
const [path = "", name = ""] = process.argv.slice(2);
const presets = PRESETS[v.parse(v.picklist(ASKED_NAMES), name)];
configureCodec({ threads: 2 });
const recipe = defineRecipe({ source: { svg: true }, presets: { ...presets } });
const input = { kind: "bytes", bytes: readFileSync(path) } as const;
global.gc?.();
// The peak so far, that of starting, is forgotten: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
writeFileSync("/proc/self/clear_refs", "5");
const rest = peakBytes();
const info = await probe(input, recipe);
const plan = planRenditions(info, recipe, "source", 1024 * MIB);
await render(input, plan, { onRendition: () => {}, onPlaceholder: () => {} });
const run: CostRun = {
  pixels: info.width * info.height,
  strategy: plan.strategy,
  grownBytes: peakBytes() - rest,
  predictedBytes: plan.peakBytes,
};
process.stdout.write(JSON.stringify(run));

/** The most that was resident since it was last forgotten. */
function peakBytes(): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
  if (kib === undefined) throw new Error("/proc/self/status says no VmHWM");
  return Number(kib) * 1024;
}
