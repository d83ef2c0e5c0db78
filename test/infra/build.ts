import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { REGION } from "./answers.ts";
import type { Graph, Variant } from "./resource.ts";
import { makeTree } from "./tree.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const CHILD = join(import.meta.dirname, "child.ts");
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * All that a stage would deploy, as the real SST components say it, without AWS: about 2 s.
 *
 * @param root where sst.config.ts lies, and `.sst/platform`
 * @throws Error with what the configuration or a component had to say
 */
export async function buildGraph(
  variant: Variant,
  root: string = treeOf(variant.recipe),
): Promise<Graph> {
  const { stage, dev = false, settings } = variant;
  const given = JSON.stringify({ app: "imagefleet", region: REGION, ...settings });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [CHILD, JSON.stringify({ name: nameOf(root, variant), root, stage, dev })],
    {
      cwd: root,
      maxBuffer: MAX_BYTES,
      env: {
        ...process.env,
        IMAGEFLEET_SETTINGS: given,
        SST_SECRET_PhotosSigningKey: `k1:${"0123456789abcdef".repeat(4)}`,
        // Most of the time goes into compiling Pulumi and SST, the same each time.
        NODE_COMPILE_CACHE: join(ROOT, ".sst", "imagefleet", "compiled"),
      },
    },
  );
  const built: Omit<Graph, "settings"> = JSON.parse(stdout);
  return { ...built, settings: JSON.parse(given) };
}

/** The repository, or a copy with another recipe. */
function treeOf(recipe: string | undefined): string {
  if (recipe === undefined) return ROOT;
  const hash = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const root = join(ROOT, ".sst", "imagefleet", "recipes", hash);
  makeTree(root, [], recipe);
  return root;
}

function nameOf(root: string, variant: Variant): string {
  const hash = createHash("sha256").update(JSON.stringify([root, variant]));
  return hash.digest("hex").slice(0, 12);
}
