import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { statusOf } from "@imagefleet/core/aws";
import { manifestKey } from "@imagefleet/core/plan";
import { RenditionStore } from "@imagefleet/core/store";
import { type Check, ok, problem } from "../../check/check.ts";
import { deleteDeadLetters, walk } from "../../dead-letters/walk.ts";
import { type Fleet, LEASE_SECONDS } from "./fleet.ts";
import type { Followed } from "./follow.ts";
import { poll } from "./poll.ts";

/** How long the fleet may take to remove the renditions of deleted sources, ms. */
const REMOVAL_LIMIT_MS = 45_000;

/**
 * Removes the test pictures with all their versions, waits until the fleet has removed their renditions,
 * and removes any that remain. Everything it removes is under the prefix of this run.
 *
 * @param keys of the pictures, including one whose upload was interrupted
 */
export async function clean(
  fleet: Fleet,
  prefix: string,
  keys: readonly string[],
  followed: readonly Followed[],
): Promise<Check> {
  const { connection, sourceBucket, renditionBucket, recipe } = fleet;
  const name = "cleanup";
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
  const until = performance.now() + REMOVAL_LIMIT_MS;
  const done = followed.filter(({ steps }) => steps.manifestMs !== null);
  for (const key of keys) {
    const at = manifestKey(recipe, key);
    const isDone = done.some((each) => each.key === key);
    await attempt(`s3://${renditionBucket}/${at}`, async () => {
      // The job of the deleted source removes its renditions and its manifest.
      if (isDone) {
        await poll(until - performance.now(), never, async () =>
          (await store.manifest(at, never))?.manifest === undefined ? true : undefined,
        );
      }
      const stored = await store.manifest(at, never);
      if (stored === undefined) return;
      const { renditions = [], onRequest = [] } = stored.manifest ?? {};
      const made = [...renditions, ...onRequest].map((each) => each.key);
      await store.remove([...made, at], never);
    });
  }
  await attempt(`versions under s3://${sourceBucket}/${prefix}`, () =>
    removeVersions(connection.s3, sourceBucket, prefix),
  );
  if (followed.some(({ check }) => check.state === "wrong")) {
    await attempt("dead letters of the pictures", () => removeDeadLetters(fleet, prefix));
  }
  if (left.length === 0) return ok(name, "All test pictures and their renditions are removed.");
  return problem(
    name,
    `Not removed: ${left.join("; ")}.`,
    `Remove everything under ${prefix} by hand.`,
  );
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

/** Undefined when the server does not implement versions, as the local one. */
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

/** Removes the dead letters of sources under a prefix, and releases all others. */
export async function removeDeadLetters({ connection }: Fleet, prefix: string): Promise<void> {
  const { signal } = new AbortController();
  await walk(connection, { leaseSeconds: LEASE_SECONDS, signal }, async (found, lane) => {
    const ours = found.filter(({ deadLetter }) => deadLetter.source?.key.startsWith(prefix));
    return deleteDeadLetters(
      connection,
      lane,
      ours.map(({ message }) => message),
    );
  });
}
