import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { statusOf } from "@imagefleet/core/aws";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import { manifestKey } from "@imagefleet/core/plan";
import { type DeadLetter, readDeadLetter } from "@imagefleet/core/queue";
import { type Manifest, RenditionStore } from "@imagefleet/core/store";
import type { Check } from "../../check/check.ts";
import { sweep } from "../../dead-letters/sweep.ts";
import { many } from "../../terminal/thousands.ts";
import { formatMs } from "../../terminal/units.ts";
import type { Patient } from "./fleet.ts";
import type { Picture } from "./pictures.ts";
import { poll } from "./poll.ts";

/** When each step was seen, ms from the beginning of the upload; null: it was not seen. */
interface Steps {
  readonly uploadedMs: number;
  /** A message was in the picture's lane; where that took no time it is not seen. */
  readonly queuedMs: number | null;
  readonly manifestMs: number | null;
  readonly renditionsMs: number | null;
}

/** A picture, and how far it came. */
export interface Followed {
  readonly lane: Lane;
  readonly key: string;
  readonly bytes: number;
  readonly renditions: number;
  readonly steps: Steps;
  readonly check: Check;
}

/** A dead letter is held so long while all are read, s. */
const LEASE_SECONDS = 30;

/** Uploads a picture, and follows it until its renditions are there, or the time is over. */
export async function follow(
  patient: Patient,
  { lane, key, bytes }: Picture,
  limitMs: number,
  signal: AbortSignal,
): Promise<Followed> {
  const { connection, sourceBucket, renditionBucket, recipe } = patient;
  const store = new RenditionStore(connection.s3, renditionBucket);
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  // Not broken off: S3 might take what was sent when all has been removed.
  await connection.s3.send(
    new PutObjectCommand({
      Bucket: sourceBucket,
      Key: key,
      Body: bytes,
      ContentType: "image/png",
    }),
  );
  const uploadedMs = since();
  const queue = (await connection.lanes())[lane].queue;
  let queuedMs: number | null = null;
  const manifest = await poll(limitMs, signal, async () => {
    if (queuedMs === null) {
      const { waiting, inFlight } = await queue.counts();
      if (waiting + inFlight > 0) queuedMs = since();
    }
    const never = new AbortController().signal;
    return (await store.manifest(manifestKey(recipe, key), never))?.manifest;
  });
  const manifestMs = manifest === undefined ? null : since();
  const isThere = manifest !== undefined && (await areThere(patient, manifest));
  const renditionsMs = isThere ? since() : null;
  const steps = { uploadedMs, queuedMs, manifestMs, renditionsMs };
  const renditions = manifest?.renditions.length ?? 0;
  const deadLetter =
    manifest === undefined && !signal.aborted
      ? await deadLetterOf(patient, key, signal)
      : undefined;
  const check = verdict(lane, steps, manifest, deadLetter, limitMs, signal);
  return { lane, key, bytes: bytes.length, renditions, steps, check };
}

async function areThere(
  { connection: { s3 }, renditionBucket }: Patient,
  { renditions }: Manifest,
): Promise<boolean> {
  const each = await Promise.all(
    renditions.map(async ({ key, etag }) => {
      try {
        const head = await s3.send(new HeadObjectCommand({ Bucket: renditionBucket, Key: key }));
        return head.ETag === etag;
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    }),
  );
  return each.every((there) => there);
}

/** The dead letter of a source, if one has been sent: all are read, and given back at once. */
async function deadLetterOf(
  { connection }: Patient,
  key: string,
  signal: AbortSignal,
): Promise<DeadLetter | undefined> {
  const queues = await connection.lanes();
  let found: DeadLetter | undefined;
  for (const lane of LANES) {
    await sweep(queues[lane].deadLetters, {
      leaseSeconds: LEASE_SECONDS,
      waitSeconds: connection.consistencyDelaySeconds,
      signal,
      enough: () => found !== undefined,
      async take(messages) {
        const deadLetters = messages.map((message) => readDeadLetter(message, lane));
        found ??= deadLetters.find(({ source }) => source?.key === key);
        return [];
      },
    });
  }
  return found;
}

function verdict(
  lane: Lane,
  { uploadedMs, queuedMs, manifestMs, renditionsMs }: Steps,
  manifest: Manifest | undefined,
  deadLetter: DeadLetter | undefined,
  limitMs: number,
  signal: AbortSignal,
): Check {
  const name = `picture through the ${lane} lane`;
  if (deadLetter !== undefined) {
    return {
      name,
      state: "wrong",
      says: `It became a dead letter, ${deadLetter.reason}: ${deadLetter.message}`,
      fix: "See docs/operations.md for what this reason means.",
    };
  }
  if (manifest?.rejected !== undefined) {
    const { reason, message } = manifest.rejected;
    return {
      name,
      state: "wrong",
      says: `The recipe rejected it, ${reason}: ${message}`,
      fix: "Look at limits and switches in recipe.ts, and deploy the stage again.",
    };
  }
  if (manifest === undefined) {
    const why = signal.aborted
      ? "It was not waited for"
      : `It has no manifest after ${formatMs(limitMs)}`;
    return {
      name,
      state: signal.aborted ? "unasked" : "wrong",
      says: `${why}, and it is no dead letter either.`,
      fix: `Look at the log of the ${lane === "small" ? "function" : "worker"} (docs/operations.md).`,
    };
  }
  if (renditionsMs === null) {
    return {
      name,
      state: "wrong",
      says: "Its manifest lists renditions that are not there.",
      fix: "Run audit: it says which.",
    };
  }
  const queued = queuedMs === null ? "" : `in the queue after ${formatMs(queuedMs)}, `;
  return {
    name,
    state: "ok",
    says: `Uploaded after ${formatMs(uploadedMs)}, ${queued}manifest after ${formatMs(manifestMs ?? 0)}, ${many(manifest.renditions.length, "rendition")} after ${formatMs(renditionsMs)}.`,
  };
}
