import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { statusOf } from "@imagefleet/core/aws";
import { LANES } from "@imagefleet/core/outcome";
import { manifestKey } from "@imagefleet/core/plan";
import { readDeadLetter } from "@imagefleet/core/queue";
import { RenditionStore } from "@imagefleet/core/store";
import type { Check } from "../../check/check.ts";
import { sweep } from "../../dead-letters/sweep.ts";
import type { Patient } from "./fleet.ts";
import type { Followed } from "./follow.ts";
import { poll } from "./poll.ts";

/** How long the fleet may take to remove the renditions of the sources that are gone, ms. */
const RETIRE_MS = 45_000;
/** A dead letter is held so long while all are read, s. */
const LEASE_SECONDS = 30;

/**
 * Removes the pictures with all their versions, waits until the fleet has removed what it made of
 * them, and removes what is then left. Nothing outside of the examination's own prefix is touched.
 *
 * @param keys of the pictures, also of one whose upload was interrupted
 */
export async function clean(
  patient: Patient,
  prefix: string,
  keys: readonly string[],
  followed: readonly Followed[],
): Promise<Check> {
  const { connection, sourceBucket, renditionBucket, recipe } = patient;
  const name = "what this examination made";
  const never = new AbortController().signal;
  const store = new RenditionStore(connection.s3, renditionBucket);
  const left: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      left.push(`${what} (${why})`);
    }
  };
  for (const key of keys) {
    await attempt(`s3://${sourceBucket}/${key}`, async () => {
      await connection.s3.send(new DeleteObjectCommand({ Bucket: sourceBucket, Key: key }));
    });
  }
  const until = performance.now() + RETIRE_MS;
  const done = followed.filter(({ steps }) => steps.manifestMs !== null);
  for (const key of keys) {
    const at = manifestKey(recipe, key);
    const isDone = done.some((each) => each.key === key);
    await attempt(`s3://${renditionBucket}/${at}`, async () => {
      // Its job looks at the source again, and removes what it made.
      if (isDone) {
        await poll(until - performance.now(), never, async () =>
          (await store.manifest(at, never))?.manifest === undefined ? true : undefined,
        );
      }
      const standing = await store.manifest(at, never);
      if (standing === undefined) return;
      const renditions = standing.manifest?.renditions.map((each) => each.key) ?? [];
      await store.remove([...renditions, at], never);
    });
  }
  await attempt(`versions below s3://${sourceBucket}/${prefix}`, () =>
    removeVersions(connection.s3, sourceBucket, prefix),
  );
  if (followed.some(({ check }) => check.state === "wrong")) {
    await attempt("dead letters of the pictures", () => removeDeadLetters(patient, prefix));
  }
  if (left.length === 0) return { name, state: "ok", says: "All of it is removed." };
  return {
    name,
    state: "wrong",
    says: `Not removed: ${left.join("; ")}.`,
    fix: `Remove what is below ${prefix} by hand.`,
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html */
async function removeVersions(s3: S3Client, Bucket: string, Prefix: string): Promise<void> {
  let at: Pick<ListObjectVersionsCommandOutput, "NextKeyMarker" | "NextVersionIdMarker"> = {};
  do {
    const page = await versionsPage(s3, Bucket, Prefix, at);
    for (const { Key, VersionId } of [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])]) {
      if (Key?.startsWith(Prefix)) {
        await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      }
    }
    at = page ?? {};
  } while (at.NextKeyMarker !== undefined);
}

/** Undefined where the server has no versions: the local one does not know the question. */
async function versionsPage(
  s3: S3Client,
  Bucket: string,
  Prefix: string,
  { NextKeyMarker, NextVersionIdMarker }: Partial<ListObjectVersionsCommandOutput>,
) {
  try {
    return await s3.send(
      new ListObjectVersionsCommand({
        Bucket,
        Prefix,
        ...(NextKeyMarker !== undefined && { KeyMarker: NextKeyMarker }),
        ...(NextVersionIdMarker !== undefined && { VersionIdMarker: NextVersionIdMarker }),
      }),
    );
  } catch (error) {
    if (statusOf(error) === 501) return undefined;
    throw error;
  }
}

/** Removes dead letters of sources below a prefix, and gives all others back. */
export async function removeDeadLetters({ connection }: Patient, prefix: string): Promise<void> {
  const queues = await connection.lanes();
  for (const lane of LANES) {
    await sweep(queues[lane].deadLetters, {
      leaseSeconds: LEASE_SECONDS,
      waitSeconds: connection.consistencyDelaySeconds,
      signal: new AbortController().signal,
      async take(messages) {
        const ours = messages.filter((message) =>
          readDeadLetter(message, lane).source?.key.startsWith(prefix),
        );
        return (await queues[lane].deadLetters.deleteBatch(ours)).done;
      },
    });
  }
}
