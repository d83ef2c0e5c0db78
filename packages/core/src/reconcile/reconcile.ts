import type { Job } from "../intake/index.ts";
import { Failure, type Outcome, Rejection } from "../outcome/index.ts";
import { bytesSaved, manifestKey } from "../plan/index.ts";
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

/** A source that changes faster than this is tried again later, not for ever now. */
const MAX_ROUNDS = 4;

/**
 * Brings a source's renditions up to date, whatever the event said: it looks at the world and makes
 * it right. docs/protocol.md says by which rules, and which history each of them answers.
 *
 * Never throws: every end is an outcome.
 */
export async function reconcile(
  job: Job,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    // Traces of an earlier attempt, or of an earlier round of this one, may lie there unlisted.
    let mayHaveRun = job.mayHaveRun;
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const outcome = await reconcileOnce({ ...job, mayHaveRun }, context, signal);
      if (outcome !== "again") return outcome;
      mayHaveRun = true;
    }
    const message = `the source, or what is stored of it, changed ${MAX_ROUNDS} times while it was worked on`;
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
  // A restore leaves the ETag as it is: only a look tells whether the source can be read by now.
  const isShortcut =
    old?.rejected?.reason !== "SourceArchived" && mayBeUnchanged(job, old, fingerprint, rejectedBy);
  const answer = await sources.open(job.bucket, job.key, {
    ifNoneMatch: isShortcut ? old?.source.etag : undefined,
    signal,
  });
  if (answer.kind === "unchanged") return { kind: "unchanged" };
  if (answer.kind === "missing")
    return removeRenditions(job, context, { at, stored }, undefined, signal);

  const { source } = answer;
  if (source.own) {
    source.body.destroy();
    // It may have taken a source's place.
    if (old || isUnreadable(stored) || job.mayHaveRun) {
      return removeRenditions(job, context, { at, stored }, source.etag, signal);
    }
    return { kind: "ignored", why: "this fleet wrote the object" };
  }
  if (source.archived && old?.source.etag === source.etag) {
    if (mayBeUnchanged(job, old, fingerprint, rejectedBy)) return { kind: "unchanged" };
    // Its renditions are still right, as far as can be told: they are not removed for its being archived.
    if (old.rejected === undefined) return outcomeOf(archived());
  }
  if (context.lane === "small" && !source.archived && source.bytes > recipe.lanes.smallBytes) {
    source.body.destroy();
    return forwarded(job, `it has ${source.bytes} bytes`);
  }

  const made = await makeOf(job, source, context, signal);
  if (made.kind === "tooCostly") {
    const mib = Math.ceil(made.peakBytes / 2 ** 20);
    return forwarded(job, `decoding it would take ${mib} MiB`);
  }
  context.onPhase?.("store");
  // What an earlier attempt on a larger content, or with another outcome, may have left is removed
  // too; its work may have been finished by a program of another recipe, which did not know its keys.
  // Of a rejected source nothing is fresh: a picture that is no longer there must not be shown.
  const mayBeMore = job.mayHaveRun || (stored !== undefined && old?.recipe !== fingerprint);
  const listed = await keysOf(old, job, context, signal);
  const known = new Set([...listed, ...(mayBeMore ? keysBy(recipe, job) : [])]);
  const fresh = new Set(made.kind === "made" ? made.renditions.map(({ key }) => key) : []);
  const stale = [...known].filter((key) => !fresh.has(key));
  const manifest = describe(job, source, made, fingerprint, stale, stored, rejectedBy);
  if (!(await commit(at, manifest, stored?.etag, context, signal))) return "again";

  if ((await sources.etag(job.bucket, job.key, signal)) !== source.etag) return "again";
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

/** May the manifest be taken at its word? */
function mayBeUnchanged(
  job: Job,
  old: Manifest | undefined,
  fingerprint: string,
  rejectedBy: string,
): boolean {
  if (job.mayHaveRun || job.force || old === undefined) return false;
  if (old.rejected && old.rejected.by !== rejectedBy) return false;
  return old.recipe === fingerprint && old.stale.length === 0;
}

/** Neither a manifest nor a tombstone: what it would have listed may lie there. */
function isUnreadable(stored: StoredManifest | undefined): boolean {
  return stored !== undefined && !stored.manifest && !stored.tombstone;
}

function forwarded({ mayHaveRun }: Job, why: string): Outcome {
  return { kind: "forwarded", why, ...(mayHaveRun && { mayHaveRun }) };
}

function archived(): Rejection {
  return new Rejection(
    "SourceArchived",
    "the source is in an archive storage class: restore it in S3, and it is made as soon as the restore is complete",
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
  return withContent(source, context.scratch, signal, (input) => make(job, input, context, signal));
}

/**
 * Puts the manifest over the one that was read and no other, removes what it calls stale, and says
 * so in it. Another's commit in between may have listed what was removed here, or not known of it.
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
