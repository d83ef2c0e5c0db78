import type { Job } from "../intake/index.ts";
import type { Outcome } from "../outcome/index.ts";
import type { Manifest, ManifestOnRequest } from "../store/index.ts";
import type { ReconcileContext } from "./context.ts";
import { withStale } from "./describe.ts";
import { keysOf } from "./keys.ts";

// What may have been made on request (docs/protocol.md, rule 12). `deliver` sends a job that names
// the key before it writes there, so that each such key is checked when nothing writes it any more.

/**
 * The keys of renditions on request that stay: they are absent, or right. Right is what the replaced
 * manifest lists of the same content by the same preset, and what its metadata show.
 *
 * @throws Failure when S3 fails
 */
export async function keptOnRequest(
  onRequest: readonly ManifestOnRequest[],
  job: Job,
  etag: string,
  old: Manifest | undefined,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<string[]> {
  const isTrusted = old?.source.etag === etag && !job.mayHaveRun && !job.force;
  const before = isTrusted ? [...(old.onRequest ?? []), ...old.renditions] : [];
  const kept = await Promise.all(
    onRequest.map(async (entry) => {
      const { key, fingerprint } = entry;
      const isListed = before.some((each) => each.key === key && each.fingerprint === fingerprint);
      if (isListed && !old?.stale.includes(key)) return [key];
      return job.check?.includes(key) && (await isRight(entry, job, etag, context, signal))
        ? [key]
        : [];
    }),
  );
  return kept.flat();
}

/** Whether each key to check that the manifest lists as made has the object that it lists. */
export async function areListedStored(
  job: Job,
  { renditions }: Manifest,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<boolean> {
  const listed = renditions.filter(({ key }) => job.check?.includes(key));
  const found = await Promise.all(
    listed.map(({ key }) => context.renditions.look(key, job, signal)),
  );
  return listed.every(({ etag }, at) => found[at]?.etag === etag);
}

/**
 * Removes what was made on request of another content, or by another preset, of an unchanged source.
 * The removal is committed as any other: an attempt that puts the key meanwhile reconciles again.
 *
 * @param removal takes the manifest that names the keys; false when another attempt has committed
 * @throws Failure when S3 fails
 */
export async function removeWronglyMade(
  job: Job,
  manifest: Manifest,
  removal: (manifest: Manifest) => Promise<boolean>,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  const { renditions, onRequest = [], source } = manifest;
  const unmade = { ...manifest, renditions: [], onRequest: [] };
  const wrong: string[] = [];
  for (const key of await keysOf(unmade, job, context, signal)) {
    if (renditions.some((each) => each.key === key)) continue;
    const entry = onRequest.find((each) => each.key === key);
    if (entry && (await isRight(entry, job, source.etag, context, signal))) continue;
    if (entry || (await context.renditions.look(key, job, signal))) wrong.push(key);
  }
  if (wrong.length === 0) return { kind: "unchanged" };
  if (!(await removal(withStale(manifest, wrong)))) return "again";
  const now = await context.sources.etag(job.bucket, job.key, signal);
  return now === source.etag ? { kind: "unchanged" } : "again";
}

/** Whether there is no object, or the rendition of that content by that preset. */
async function isRight(
  { key, fingerprint }: ManifestOnRequest,
  job: Job,
  etag: string,
  { renditions }: ReconcileContext,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await renditions.look(key, job, signal);
  if (found === undefined) return true;
  return (
    found.isOfSource === true && found.sourceEtag === etag && found.fingerprint === fingerprint
  );
}
