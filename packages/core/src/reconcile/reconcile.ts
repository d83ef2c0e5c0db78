import { ENCODER } from "../image/index.ts";
import type { Job } from "../intake/index.ts";
import { Failure, type Outcome, Rejection } from "../outcome/index.ts";
import { manifestKey, renditionKey } from "../plan/index.ts";
import { recipeFingerprint } from "../recipe/index.ts";
import type { Manifest, OpenSource } from "../store/index.ts";
import { withContent } from "./content.ts";
import type { ReconcileContext } from "./context.ts";
import { make } from "./make.ts";
import { outcomeOf } from "./outcome-of.ts";
import { srcsetOf } from "./srcset.ts";

/** A source that changes faster than this is tried again later, not for ever now. */
const MAX_ROUNDS = 4;

/**
 * Brings a source's renditions up to date, whatever the event said: it looks at the world and makes
 * it right. Two rules make it converge under duplicates, reordering, crashes and races:
 * after writing, it looks at the source again and goes round if that changed; and a job that may
 * have been begun before never takes "unchanged".
 *
 * Never throws: every end is an outcome.
 */
export async function reconcile(
  job: Job,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const mayBeUnchanged = !job.begun && !job.force;
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const outcome = await goRound(job, context, mayBeUnchanged && round === 1, signal);
      if (outcome !== "again") return outcome;
    }
    throw new Failure("Internal", `the source changed ${MAX_ROUNDS} times while it was worked on`);
  } catch (error) {
    return outcomeOf(error, signal);
  }
}

async function goRound(
  job: Job,
  context: ReconcileContext,
  mayBeUnchanged: boolean,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  const { recipe, renditions, sources } = context;
  const manifestAt = manifestKey(recipe, job.key);
  const fingerprint = recipeFingerprint(recipe, ENCODER);
  const old = await renditions.manifest(manifestAt, signal);
  const current = old !== undefined && old.recipe === fingerprint && old.rejected === undefined;
  const answer = await sources.open(job.bucket, job.key, {
    ifNoneMatch: mayBeUnchanged && current ? old.source.etag : undefined,
    signal,
  });
  if (answer.kind === "unchanged") return { kind: "unchanged" };
  if (answer.kind === "missing") return retire(job, context, old, manifestAt, signal);

  const { source } = answer;
  const turnedAway = turnAway(source, context);
  if (turnedAway) {
    source.body.destroy();
    return turnedAway;
  }

  const made = await makeOf(job, source, context, signal);
  if (made.kind === "tooCostly") {
    const mib = Math.ceil(made.peakBytes / 2 ** 20);
    return { kind: "forwarded", why: `decoding it would take ${mib} MiB` };
  }
  const manifest = describe(job, source, made, fingerprint, staleKeys(job, context, old, made));
  await renditions.putManifest(manifestAt, manifest, signal);
  await renditions.remove(manifest.stale, signal);

  if ((await sources.etag(job.bucket, job.key, signal)) !== source.etag) return "again";
  if (made.kind === "rejected") {
    const { reason, message } = made.rejection;
    return { kind: "rejected", reason, message };
  }
  return {
    kind: "rendered",
    renditions: made.renditions.length,
    bytesIn: source.bytes,
    bytesOut: made.renditions.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** What ends without reading the content. */
function turnAway(source: OpenSource, { lane, recipe }: ReconcileContext): Outcome | undefined {
  if (source.own) return { kind: "ignored", why: "this fleet wrote the object" };
  if (lane === "small" && source.bytes > recipe.lanes.smallBytes) {
    return { kind: "forwarded", why: `it has ${source.bytes} bytes` };
  }
  return undefined;
}

async function makeOf(
  job: Job,
  source: OpenSource,
  context: ReconcileContext,
  signal: AbortSignal,
): ReturnType<typeof make> {
  const { bytes: limit } = context.recipe.limits;
  if (source.bytes > limit) {
    source.body.destroy();
    const message = `it has ${source.bytes} bytes and the recipe's limits.bytes is ${limit}`;
    return { kind: "rejected", rejection: new Rejection("SourceTooLarge", message) };
  }
  return withContent(source, context.scratch, signal, (input) =>
    make(job.key, input, context, signal),
  );
}

/** The source is gone: so are its renditions, then its manifest; unless it came back meanwhile. */
async function retire(
  job: Job,
  context: ReconcileContext,
  old: Manifest | undefined,
  manifestAt: string,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  await context.renditions.remove(knownKeys(job, context, old), signal);
  await context.renditions.remove([manifestAt], signal);
  const again = (await context.sources.etag(job.bucket, job.key, signal)) !== undefined;
  return again ? "again" : { kind: "retired", removed: old?.renditions.length ?? 0 };
}

/** What is to be removed once the new manifest stands. */
function staleKeys(
  job: Job,
  context: ReconcileContext,
  old: Manifest | undefined,
  made: Awaited<ReturnType<typeof make>>,
): string[] {
  // All that the recipe could have written, and not only what the old manifest lists: a crashed
  // attempt, or one on a larger content with more widths, may have left some. Of a rejected source
  // nothing is fresh: a picture that is no longer there must not be shown.
  const fresh = new Set(made.kind === "made" ? made.renditions.map(({ key }) => key) : []);
  return knownKeys(job, context, old).filter((key) => !fresh.has(key));
}

/** Every key under which a rendition of this source may be. */
function knownKeys(job: Job, context: ReconcileContext, old: Manifest | undefined): string[] {
  return [...new Set([...keysOf(old), ...recipeKeys(job, context)])];
}

function keysOf(manifest: Manifest | undefined): string[] {
  return manifest ? [...manifest.renditions.map(({ key }) => key), ...manifest.stale] : [];
}

function recipeKeys(job: Job, { recipe }: ReconcileContext): string[] {
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

function describe(
  job: Job,
  source: OpenSource,
  made: Exclude<Awaited<ReturnType<typeof make>>, { kind: "tooCostly" }>,
  fingerprint: string,
  stale: string[],
): Manifest {
  const { bucket, key } = job;
  const { etag, bytes } = source;
  const common = { version: 1, recipe: fingerprint, stale, at: new Date().toISOString() } as const;
  if (made.kind === "rejected") {
    const { reason, message } = made.rejection;
    return {
      ...common,
      source: { bucket, key, etag, bytes },
      rejected: { reason, message },
      renditions: [],
    };
  }
  const { format, width, height } = made.info;
  return {
    ...common,
    source: { bucket, key, etag, bytes, format, width, height },
    ...(made.placeholder && { placeholder: made.placeholder }),
    srcset: srcsetOf(made.renditions),
    renditions: made.renditions,
  };
}
