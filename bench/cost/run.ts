import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { runChild } from "../measure/child.ts";
import type { Presets } from "./presets.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

const runSchema = v.object({
  pixels: v.number(),
  strategy: v.picklist(["cascade", "stream"]),
  /** The growth of the peak resident size after the source's bytes were read. */
  grownBytes: v.number(),
  /** The growth that the plan predicts. */
  predictedBytes: v.number(),
});

/** One source, rendered in a fresh process. */
export type CostRun = v.InferOutput<typeof runSchema>;

/** @throws Error with the child's stderr when it fails, or without Linux's /proc */
export async function runCost(
  path: string,
  presets: Presets,
  signal?: AbortSignal,
): Promise<CostRun> {
  if (process.platform !== "linux") {
    throw new Error("memory is read from /proc: run this on Linux, or in a container");
  }
  return runChild(["--expose-gc", CHILD, path, presets], runSchema, signal && { signal });
}
