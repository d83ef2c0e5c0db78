import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";
import type { Presets } from "./presets.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

const runSchema = v.object({
  pixels: v.number(),
  strategy: v.picklist(["cascade", "stream"]),
  /** By how much the peak resident size grew over what it was with the source's bytes read. */
  grownBytes: v.number(),
  /** What the plan said of that. */
  predictedBytes: v.number(),
});

/** One source rendered in a fresh process. */
export type CostRun = v.InferOutput<typeof runSchema>;

/** @throws Error with what the process said when it failed, or where /proc is not Linux's */
export async function runCost(
  path: string,
  presets: Presets,
  signal?: AbortSignal,
): Promise<CostRun> {
  if (process.platform !== "linux") {
    throw new Error("memory is read from /proc: run this on Linux, or in a container");
  }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", CHILD, path, presets],
    { ...(signal && { signal }) },
  );
  return v.parse(v.pipe(v.string(), v.parseJson(), runSchema), stdout);
}
