import pLimit from "p-limit";
import type { Job } from "../intake/index.ts";
import { Rejection } from "../outcome/index.ts";
import { renditionKey, sourceOfOutput, sourcePath } from "../plan/index.ts";
import { fitsTemplate, MANIFEST_FOLDER, type Recipe, whyNotASource } from "../recipe/index.ts";
import type { Manifest, StoredManifest } from "../store/index.ts";
import type { ReconcileContext } from "./context.ts";

/** Objects that are asked for their owner at once, and at most of one manifest. */
const ASKED_AT_ONCE = 8;
const MAX_ASKED = 1000;

/** A manifest that names another source than the job's is no more than an unreadable object. */
export function ofSource(
  stored: StoredManifest | undefined,
  { bucket, key }: Job,
): StoredManifest | undefined {
  const source = (stored?.manifest ?? stored?.tombstone)?.source;
  if (stored === undefined || (source?.bucket === bucket && source.key === key)) return stored;
  return { etag: stored.etag };
}

/**
 * The keys that a manifest names and that may be removed: what it lists, and what was being removed
 * when it was written. A manifest can be forged, so it is not trusted further than its own source.
 * What today's recipe writes for the source needs no proof; of anything else, the object itself says
 * which source it was made of. What is another's is left alone and reported.
 *
 * @throws Failure when the store does not answer
 */
export async function keysOf(
  manifest: Manifest | undefined,
  job: Job,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<string[]> {
  if (manifest === undefined) return [];
  const named = new Set([...manifest.renditions.map(({ key }) => key), ...manifest.stale]);
  const todays = new Set(keysBy(context.recipe, job));
  const asked = [...named].filter((key) => !todays.has(key) && mayBeOf(key, job, context));
  const proven = await pLimit(ASKED_AT_ONCE).map(asked.slice(0, MAX_ASKED), async (key) => {
    return (await isOf(key, job, context, signal)) ? [key] : [];
  });
  const removable = new Set([...[...named].filter((key) => todays.has(key)), ...proven.flat()]);
  const foreign = [...named].filter((key) => !removable.has(key));
  if (foreign.length > 0) context.onForeign?.(foreign);
  return [...removable];
}

/** Every key that an attempt by this recipe may have written for the source, listed or not. */
export function keysBy(recipe: Recipe, job: Job): string[] {
  return recipe.presets.flatMap((preset) => {
    try {
      return [renditionKey(recipe, preset, job.key)];
    } catch (error) {
      // A key that is too long for S3 was never written.
      if (error instanceof Rejection) return [];
      throw error;
    }
  });
}

/**
 * Could an earlier recipe have written the key for the source? Not where manifests or sources are, not
 * what today's recipe writes for another source, and not without the source's path in it.
 */
function mayBeOf(key: string, job: Job, { recipe, renditions }: ReconcileContext): boolean {
  const { prefix } = recipe.output;
  return (
    key.isWellFormed() &&
    key.startsWith(prefix) &&
    !key.startsWith(`${prefix}${MANIFEST_FOLDER}/`) &&
    key.slice(prefix.length).includes(sourcePath(recipe, job.key)) &&
    (sourceOfOutput(recipe, key) ?? job.key) === job.key &&
    (job.bucket !== renditions.bucket || whyNotASource(recipe, key) !== undefined)
  );
}

/** Does the object say so? Of one that is gone, or from before objects said it, today's template does. */
async function isOf(
  key: string,
  job: Job,
  { recipe, renditions }: ReconcileContext,
  signal: AbortSignal,
): Promise<boolean> {
  const said = await renditions.isOf(key, job, signal);
  if (said !== undefined) return said;
  const { output } = recipe;
  return fitsTemplate(output.key, sourcePath(recipe, job.key), key.slice(output.prefix.length));
}
