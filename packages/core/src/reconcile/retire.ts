import type { Job } from "../intake/index.ts";
import type { Outcome } from "../outcome/index.ts";
import type { StandingManifest } from "../store/index.ts";
import type { ReconcileContext } from "./context.ts";
import { keysBy, keysOf } from "./keys.ts";

/**
 * The source is gone: so are its renditions, then its manifest; unless it came back meanwhile, or
 * another attempt committed.
 *
 * @param seen the ETag of what stands there instead: an object of the fleet's own is no source
 */
export async function retire(
  job: Job,
  context: ReconcileContext,
  standing: { readonly at: string; readonly stored: StandingManifest | undefined },
  seen: string | undefined,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  const { recipe, renditions, sources } = context;
  context.onStage?.("store");
  const { at, stored } = standing;
  const listed = await keysOf(stored?.manifest, job, context, signal);
  const known = new Set([...listed, ...keysBy(recipe, job)]);
  await renditions.remove([...known], signal);
  if (stored) await renditions.removeManifest(at, stored.etag, signal);
  if ((await sources.etag(job.bucket, job.key, signal)) !== seen) return "again";
  return { kind: "retired", removed: stored?.manifest?.renditions.length ?? 0 };
}
