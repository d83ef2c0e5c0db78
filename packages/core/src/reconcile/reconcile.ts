import type { Job } from "../intake/index.ts";
import { Failure, type Outcome, Rejection } from "../outcome/index.ts";
import { bytesSaved, laneByBytes, manifestKey } from "../plan/index.ts";
import { recipeFingerprint, rejectionFingerprint } from "../recipe/index.ts";
import type { Manifest, OpenSource, StoredManifest } from "../store/index.ts";
import { CODEC } from "./codec.ts";
import { withContent } from "./content.ts";
import type { ReconcileContext } from "./context.ts";
import { describe, settled } from "./describe.ts";
import { keysBy, keysOf, ofSource } from "./keys.ts";
import { type Made, make } from "./make.ts";
import { outcomeOf } from "./outcome-of.ts";
import { removeRenditions } from "./remove-renditions.ts";
import { areListedStored, keptOnRequest, removeWronglyMade } from "./requested.ts";

/** A source that changes in each round is retried later. */
const MAX_ROUNDS = 4;

/**
 * Brings a source's renditions up to date. The event only names the source: what S3 contains decides
 * what is done. docs/protocol.md explains the rules and the history that each of them prevents.
 *
 * Never throws: every error becomes an outcome.
 *
 * @example
 * const { kind } = await reconcile(job, { ...resources, lane: "small" }, signal);
 */
export async function reconcile(
  job: Job,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    // An earlier attempt, or an earlier round of this one, may have left unlisted renditions.
    let mayHaveRun = job.mayHaveRun;
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const outcome = await reconcileOnce({ ...job, mayHaveRun }, context, signal);
      if (outcome !== "again") return outcome;
      mayHaveRun = true;
    }
    const message = `the source, or what is stored of it, changed in each of ${MAX_ROUNDS} rounds`;
    throw new Failure("SourceChanging", message);
  } catch (error) {
    return outcomeOf(error, signal);
  }
}

async function reconcileOnce(
  job: Job,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  const { recipe, renditions, sources, codec = CODEC } = context;
  context.onPhase?.("fetch");
  const at = manifestKey(recipe, job.key);
  const fingerprint = recipeFingerprint(recipe, codec.encoder);
  const rejectedBy = rejectionFingerprint(recipe, codec.encoder);
  const stored = ofSource(await renditions.manifest(at, signal), job);
  const old = stored?.manifest;
  const removal = (named: Manifest) => commit(at, named, stored?.etag, context, signal);
  // A restore does not change the ETag: only a read shows whether the source is restored.
  const isShortcut =
    old?.rejected?.reason !== "SourceArchived" && mayBeUnchanged(job, old, fingerprint, rejectedBy);
  const answer = await sources.open(job.bucket, job.key, {
    ifNoneMatch: isShortcut ? old?.source.etag : undefined,
    signal,
  });
  const current = answer.kind === "open" ? answer.source.etag : old?.source.etag;
  // A delivery was of another content, which caches may have.
  if (job.checkedEtags?.some((etag) => etag !== current)) context.onReplaced?.();
  if (answer.kind === "unchanged") {
    if (old === undefined || job.check === undefined) return { kind: "unchanged" };
    if (!(await areListedStored(job, old, context, signal))) return "again";
    return removeWronglyMade(job, old, removal, context, signal);
  }
  if (answer.kind === "missing")
    return removeRenditions(job, context, { at, stored }, undefined, signal);

  const { source } = answer;
  if (source.own) {
    source.body.destroy();
    // It may have replaced a source.
    if (old || isUnreadable(stored) || job.mayHaveRun || job.check) {
      return removeRenditions(job, context, { at, stored }, source.etag, signal);
    }
    return { kind: "ignored", why: "this fleet wrote the object" };
  }
  if (source.archived && old?.source.etag === source.etag) {
    const isUnchanged = mayBeUnchanged(job, old, fingerprint, rejectedBy);
    // Archived, its content is the same, so its renditions are kept.
    if (isUnchanged || old.rejected === undefined) {
      const outcome = await removeWronglyMade(job, old, removal, context, signal);
      return outcome === "again" || isUnchanged ? outcome : outcomeOf(archived());
    }
  }
  if (
    context.lane === "small" &&
    !source.archived &&
    laneByBytes(recipe, source.bytes) === "large"
  ) {
    source.body.destroy();
    return forwarded(job, `it has ${source.bytes} bytes`);
  }

  const made = await makeOf(job, source, context, signal);
  if (made.kind === "tooCostly") return forwarded(job, made.why);
  context.onPhase?.("store");
  // Renditions that an earlier attempt may have left unlisted are removed too: of a larger content,
  // or of this recipe before a program with another recipe committed. A rejected source has no fresh
  // renditions: a picture that does not exist any more must not be shown.
  const mayBeMore = job.mayHaveRun || (stored !== undefined && old?.recipe !== fingerprint);
  const listed = await keysOf(old, job, context, signal);
  const known = new Set([...listed, ...(mayBeMore ? keysBy(recipe, job) : [])]);
  const fresh = new Set(made.kind === "made" ? made.renditions.map(({ key }) => key) : []);
  const onRequest = made.kind === "made" ? made.onRequest : [];
  const kept = await keptOnRequest(onRequest, job, source.etag, old, context, signal);
  const stale = [...known].filter((key) => !fresh.has(key) && !kept.includes(key));
  const manifest = describe(job, source, made, fingerprint, stale, stored, rejectedBy);
  if (!(await removal(manifest))) return "again";

  if ((await sources.etag(job.bucket, job.key, signal)) !== source.etag) return "again";
  const isOfOld = stored !== undefined && !stored.tombstone && old?.source.etag !== source.etag;
  if (isOfOld || job.mayHaveRun) context.onReplaced?.();
  if (made.kind === "rejected") {
    const { reason, message } = made.rejection;
    return { kind: "rejected", reason, message };
  }
  const saved = bytesSaved(source.bytes, made.renditions);
  return {
    kind: "rendered",
    renditions: made.renditions.length,
    bytesIn: source.bytes,
    bytesOut: made.renditions.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(saved !== undefined && { bytesSaved: saved }),
    ...(made.damaged !== undefined && { damaged: made.damaged }),
  };
}

/** Whether an unchanged ETag is enough to know that the renditions are up to date. */
function mayBeUnchanged(
  job: Job,
  old: Manifest | undefined,
  fingerprint: string,
  rejectedBy: string,
): boolean {
  if (job.mayHaveRun || job.force || old === undefined) return false;
  if (old.rejected && old.rejected.by !== rejectedBy) return false;
  if (old.onRequest?.some(({ key }) => job.want?.includes(key))) return false;
  return old.recipe === fingerprint && old.stale.length === 0;
}

/** Neither a manifest nor a tombstone: unlisted renditions may exist. */
function isUnreadable(stored: StoredManifest | undefined): boolean {
  return stored !== undefined && !stored.manifest && !stored.tombstone;
}

function forwarded({ mayHaveRun }: Job, why: string): Outcome {
  return { kind: "forwarded", why, ...(mayHaveRun && { mayHaveRun }) };
}

function archived(): Rejection {
  return new Rejection(
    "SourceArchived",
    "the source is in an archive storage class: restore it in S3, and it is rendered as soon as the restore is complete",
  );
}

async function makeOf(
  job: Job,
  source: OpenSource,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Made> {
  if (source.archived) return { kind: "rejected", rejection: archived() };
  const { bytes: limit } = context.recipe.limits;
  if (source.bytes > limit) {
    source.body.destroy();
    const message = `it has ${source.bytes} bytes and the recipe's limits.bytes is ${limit}`;
    return { kind: "rejected", rejection: new Rejection("SourceTooLarge", message) };
  }
  const { bucket, key } = job;
  const { etag } = source;
  return withContent(source, context.scratch, signal, (input) =>
    make({ bucket, key, etag }, input, context, signal),
  );
}

/**
 * Replaces the manifest that was read, removes the stale renditions, and writes the manifest without
 * them. A commit of another attempt in between may list what was removed here.
 *
 * @returns false when another attempt committed meanwhile
 */
async function commit(
  at: string,
  manifest: Manifest,
  over: string | undefined,
  { renditions }: ReconcileContext,
  signal: AbortSignal,
): Promise<boolean> {
  const etag = await renditions.putManifest(at, manifest, over, signal);
  if (etag === undefined) return false;
  if (manifest.stale.length === 0) return true;
  await renditions.remove(manifest.stale, signal);
  return (await renditions.putManifest(at, settled(manifest), etag, signal)) !== undefined;
}
