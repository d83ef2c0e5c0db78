import type { Job } from "../intake/index.ts";
import type { Outcome } from "../outcome/index.ts";
import type { StoredManifest } from "../store/index.ts";
import type { ReconcileContext } from "./context.ts";
import { tombstone } from "./describe.ts";
import { keysBy, keysOf } from "./keys.ts";

/**
 * The source is gone: so are its renditions, and a tombstone replaces its manifest; unless the
 * source came back meanwhile, or another attempt committed. The tombstone stands where nothing did
 * too: an attempt that saw nothing there, and whose renditions were just removed, must not commit.
 *
 * Where nothing is listed and nothing was begun, nothing is removed: what another attempt may be
 * putting at this moment, that attempt itself removes when it looks at the source again.
 *
 * @param seen the ETag of what stands there instead: an object of the fleet's own is no source
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
  const isClean = !job.mayHaveRun && (stored === undefined || stored.tombstone !== undefined);
  if (!isClean) {
    context.onPhase?.("store");
    const listed = await keysOf(stored?.manifest, job, context, signal);
    const known = new Set([...listed, ...keysBy(recipe, job)]);
    await renditions.remove([...known], signal);
    const put = await renditions.putManifest(at, tombstone(job, stored), stored?.etag, signal);
    if (put === undefined) return "again";
  }
  if ((await sources.etag(job.bucket, job.key, signal)) !== seen) return "again";
  return { kind: "removed", removed: stored?.manifest?.renditions.length ?? 0 };
}
