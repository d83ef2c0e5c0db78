import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

const runSchema = v.object({
  width: v.number(),
  height: v.number(),
  bytes: v.number(),
  pages: v.number(),
  /** Where the fleet would have done it. */
  lane: v.picklist(["small", "large"]),
  strategy: v.picklist(["cascade", "stream"]),
  renditions: v.number(),
  wallMs: v.number(),
  cpuMs: v.number(),
  /** Peak resident size before the source was opened, bytes. */
  restBytes: v.number(),
  /** Peak resident size in the end, bytes. */
  peakBytes: v.number(),
  /** What the plan said of its growth, bytes. */
  predictedBytes: v.number(),
});

/** One source rendered in a fresh process. */
export type LargeRun = v.InferOutput<typeof runSchema>;

/** @throws Error with what the process said when it failed */
export async function runLarge(
  path: string,
  recipe: string,
  signal: AbortSignal,
): Promise<LargeRun> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, path, recipe], { signal });
  return v.parse(v.pipe(v.string(), v.parseJson(), runSchema), stdout);
}
