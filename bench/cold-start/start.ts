import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** What the function is given; nothing of it is called while it starts. */
const ENVIRONMENT = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "2048",
  IMAGEFLEET_RENDITION_BUCKET: "renditions",
  IMAGEFLEET_SMALL_QUEUE_URL: "http://127.0.0.1:9/small",
  IMAGEFLEET_SMALL_DLQ_URL: "http://127.0.0.1:9/small-dlq",
  IMAGEFLEET_LARGE_QUEUE_URL: "http://127.0.0.1:9/large",
};

const startSchema = v.object({
  /** Import to ready, ms. */
  wallMs: v.number(),
  /** CPU meanwhile, user and system, of all threads, ms. */
  cpuMs: v.number(),
});

/** One start. */
export type Start = v.InferOutput<typeof startSchema>;

/** Imports modules, by URL, one after the other in a fresh process of this Node. */
export async function startOf(modules: readonly string[]): Promise<Start> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, ...modules], {
    env: ENVIRONMENT,
  });
  return v.parse(v.pipe(v.string(), v.parseJson(), startSchema), stdout);
}
