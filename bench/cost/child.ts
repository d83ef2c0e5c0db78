import { readFileSync, writeFileSync } from "node:fs";
import { configureCodec, probe, render } from "@imagefleet/core/image";
import { planRenditions } from "@imagefleet/core/plan";
import { defineRecipe } from "@imagefleet/core/recipe";
import * as v from "valibot";
import { MIB, peakBytes } from "../measure/peak.ts";
import { ASKED_NAMES, PRESETS } from "./presets.ts";
import type { CostRun } from "./run.ts";

// Renders one source as the function does it: bytes in memory, two threads.
const [path = "", name = ""] = process.argv.slice(2);
const presets = PRESETS[v.parse(v.picklist(ASKED_NAMES), name)];
configureCodec({ threads: 2 });
const recipe = defineRecipe({ source: { svg: true }, presets: { ...presets } });
const input = { kind: "bytes", bytes: readFileSync(path) } as const;
global.gc?.();
// This resets the peak: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
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
