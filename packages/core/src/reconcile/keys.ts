import pLimit from "p-limit";
import type { Job } from "../intake/index.ts";
import { Rejection } from "../outcome/index.ts";
import { renditionKey, sourceOfOutput, sourcePath } from "../plan/index.ts";
import { fitsTemplate, MANIFEST_FOLDER, type Recipe, whyNotASource } from "../recipe/index.ts";
import type { Manifest, StoredManifest } from "../store/index.ts";
import type { ReconcileContext } from "./context.ts";

/** How many objects are asked for their source concurrently, and in total per manifest. */
const ASKED_AT_ONCE = 8;
const MAX_ASKED = 1000;

/**
 * Treats a manifest that names another source than the job's as an unreadable object.
 *
 * @example
 * const stored = await resources.renditions.manifest("manifests/tom.jpg.json", signal);
 * const manifest = ofSource(stored, { bucket: "photos", key: "tom.jpg" })?.manifest;
 */
export function ofSource(
  stored: StoredManifest | undefined,
  { bucket, key }: Pick<Job, "bucket" | "key">,
): StoredManifest | undefined {
  const source = (stored?.manifest ?? stored?.tombstone)?.source;
  if (stored === undefined || (source?.bucket === bucket && source.key === key)) return stored;
  return { etag: stored.etag };
}

/**
 * The keys in a manifest and in the job that may be removed: its renditions, those that may have been
 * made on request, and the stale ones that were being removed when it was written. A manifest or a
 * message can be forged, so only objects of its own source count. A key that the current recipe
 * writes for the source needs no proof; for any other key the metadata of the object decides. Keys of
 * other sources are reported to `onForeign`.
 *
 * @throws Failure when S3 fails
 */
export async function keysOf(
  manifest: Manifest | undefined,
  job: Job,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<string[]> {
  const { renditions = [], onRequest = [], stale = [] } = manifest ?? {};
  const listed = [...renditions, ...onRequest].map(({ key }) => key);
  const named = new Set([...listed, ...stale, ...(job.check ?? [])]);
  const current = new Set(keysBy(context.recipe, job));
  const asked = [...named].filter((key) => !current.has(key) && mayBeOf(key, job, context));
  const proven = await pLimit(ASKED_AT_ONCE).map(asked.slice(0, MAX_ASKED), async (key) => {
    return (await isOf(key, job, context, signal)) ? [key] : [];
  });
  const removable = new Set([...[...named].filter((key) => current.has(key)), ...proven.flat()]);
  const foreign = [...named].filter((key) => !removable.has(key));
  if (foreign.length > 0) context.onForeign?.(foreign);
  return [...removable];
}

/** Every key that an attempt with this recipe may have written for the source, listed or not. */
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
 * Whether an earlier recipe may have written the key for the source. It may not if the key is where
 * manifests or sources are, if the current recipe writes it for another source, or if the source's
 * path is not in it.
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

/** Whether the object is of the source, by its metadata. Without metadata, the current template decides. */
async function isOf(
  key: string,
  job: Job,
  { recipe, renditions }: ReconcileContext,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await renditions.look(key, job, signal);
  if (found?.isOfSource !== undefined) return found.isOfSource;
  const { output } = recipe;
  return fitsTemplate(output.key, sourcePath(recipe, job.key), key.slice(output.prefix.length));
}
