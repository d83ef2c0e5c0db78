import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { statusOf } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { manifestKey } from "@imagefleet/core/plan";
import type { DeadLetter } from "@imagefleet/core/queue";
import { type Manifest, RenditionStore } from "@imagefleet/core/store";
import { type Check, ok, problem } from "../../check/check.ts";
import { walk } from "../../dead-letters/walk.ts";
import { formatMs, many } from "../../terminal/format.ts";
import { type Fleet, LEASE_SECONDS } from "./fleet.ts";
import type { Picture } from "./pictures.ts";
import { poll } from "./poll.ts";

/** When each step was observed, ms from the start of the upload; null: not observed. */
interface Steps {
  readonly uploadedMs: number;
  /** When a message was in the picture's lane. A very short stay is not observed. */
  readonly queuedMs: number | null;
  readonly manifestMs: number | null;
  readonly renditionsMs: number | null;
}

/** A test picture and how far it got. */
export interface Followed {
  readonly lane: Lane;
  readonly key: string;
  readonly bytes: number;
  readonly renditions: number;
  readonly steps: Steps;
  readonly check: Check;
  /** Undefined: none was seen. */
  readonly manifest: Manifest | undefined;
}

/** Uploads a picture and polls until its renditions exist or the time limit is reached. */
export async function follow(
  fleet: Fleet,
  { lane, key, bytes }: Picture,
  limitMs: number,
  signal: AbortSignal,
): Promise<Followed> {
  const { connection, sourceBucket, renditionBucket, recipe } = fleet;
  const store = new RenditionStore(connection.s3, renditionBucket);
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  // Not aborted: S3 might store the upload after the cleanup.
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
  const isComplete = manifest !== undefined && (await exist(fleet, manifest));
  const renditionsMs = isComplete ? since() : null;
  const steps = { uploadedMs, queuedMs, manifestMs, renditionsMs };
  const renditions = manifest?.renditions.length ?? 0;
  const deadLetter =
    manifest === undefined && !signal.aborted ? await deadLetterOf(fleet, key, signal) : undefined;
  const check = verdict(lane, steps, manifest, deadLetter, limitMs, signal);
  return { lane, key, bytes: bytes.length, renditions, steps, check, manifest };
}

async function exist(
  { connection: { s3 }, renditionBucket }: Fleet,
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
  return each.every((isPresent) => isPresent);
}

/** The dead letter of a source, if there is one. All dead letters are read and released. */
async function deadLetterOf(
  { connection }: Fleet,
  key: string,
  signal: AbortSignal,
): Promise<DeadLetter | undefined> {
  let match: DeadLetter | undefined;
  const isDone = () => match !== undefined;
  await walk(connection, { leaseSeconds: LEASE_SECONDS, signal, isDone }, async (found) => {
    match ??= found.find(({ deadLetter }) => deadLetter.source?.key === key)?.deadLetter;
    return [];
  });
  return match;
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
    return problem(
      name,
      `The picture became a dead letter with reason ${deadLetter.reason}: ${deadLetter.message}`,
      "Find this reason in docs/operations.md.",
    );
  }
  if (manifest?.rejected !== undefined) {
    const { reason, message } = manifest.rejected;
    return problem(
      name,
      `The recipe rejected the picture with reason ${reason}: ${message}`,
      "Check the limits and switches in recipe.ts, and deploy the stage again.",
    );
  }
  if (manifest === undefined) {
    const why = signal.aborted
      ? "The wait for the picture was interrupted"
      : `The picture has no manifest after ${formatMs(limitMs)}`;
    return {
      name,
      state: signal.aborted ? "unknown" : "wrong",
      message: `${why}, and there is no dead letter for it.`,
      fix: `Read the log of the ${lane === "small" ? "function" : "worker"} (docs/operations.md).`,
    };
  }
  if (renditionsMs === null) {
    return problem(
      name,
      "The manifest lists renditions that do not exist.",
      "Run audit: it lists them.",
    );
  }
  const queued = queuedMs === null ? "" : `in the queue after ${formatMs(queuedMs)}, `;
  return ok(
    name,
    `Uploaded after ${formatMs(uploadedMs)}, ${queued}manifest after ${formatMs(manifestMs ?? 0)}, ${many(manifest.renditions.length, "rendition")} after ${formatMs(renditionsMs)}.`,
  );
}
