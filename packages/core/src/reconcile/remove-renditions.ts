import type { Job } from "../intake/index.ts";
import type { Outcome } from "../outcome/index.ts";
import type { StoredManifest } from "../store/index.ts";
import type { ReconcileContext } from "./context.ts";
import { tombstone } from "./describe.ts";
import { keysBy, keysOf } from "./keys.ts";

/**
 * Removes the renditions of a deleted source and replaces its manifest by a tombstone. A tombstone is
 * written even if there was no manifest: an attempt that found none, and whose renditions were
 * removed here, must not commit.
 *
 * Without a manifest and without an earlier attempt nothing is removed: a concurrent attempt removes
 * its own renditions when it looks at the source again.
 *
 * @param seen the ETag of an object of the fleet in the source's place, which is not a source
 * @returns "again" when another attempt committed or the source was uploaded meanwhile
 * @throws Failure when S3 fails
 */
export async function removeRenditions(
  job: Job,
  context: ReconcileContext,
  existing: { readonly at: string; readonly stored: StoredManifest | undefined },
  seen: string | undefined,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  const { recipe, renditions, sources } = context;
  const { at, stored } = existing;
  const mayBeMore = job.mayHaveRun || job.check !== undefined;
  const isClean = !mayBeMore && (stored === undefined || stored.tombstone !== undefined);
  if (!isClean) {
    context.onPhase?.("store");
    const listed = await keysOf(stored?.manifest, job, context, signal);
    const known = new Set([...listed, ...keysBy(recipe, job)]);
    await renditions.remove([...known], signal);
    const put = await renditions.putManifest(at, tombstone(job, stored), stored?.etag, signal);
    if (put === undefined) return "again";
  }
  if ((await sources.etag(job.bucket, job.key, signal)) !== seen) return "again";
  if (!isClean) context.onReplaced?.();
  return { kind: "removed", removed: stored?.manifest?.renditions.length ?? 0 };
}
