import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { CopyObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { manifestKey } from "@imagefleet/core/plan";
import { reconcile } from "@imagefleet/core/reconcile";
import { MemorySemaphore } from "@imagefleet/core/semaphore";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { Sha256 } from "@imagefleet/local/credentials";
import { REGION } from "@imagefleet/local/resources";
import { SignatureV4 } from "@smithy/signature-v4";
import sharp from "sharp";
import { photos as makePhotos } from "../fleet/photos.ts";
import { MIB } from "../measure/peak.ts";
import type { Servers } from "../servers.ts";
import type { Source } from "./contestants.ts";
import recipe from "./recipe.ts";

/** Longer than the bench, s. */
const PRESIGNED_SECONDS = 7200;

/** Photos without an EXIF orientation, which ipx does not apply. */
export async function uprightPhotos(say: (text: string) => void): Promise<string[]> {
  const all = await makePhotos(say);
  const read = all.map(async (path) => ({ path, ...(await sharp(path).metadata()) }));
  return (await Promise.all(read))
    .filter(({ orientation = 1 }) => orientation === 1)
    .map(({ path }) => path);
}

/**
 * Stores sources, each with its manifest, as after the upload of each.
 *
 * @param count the number of keys; the photos take turns
 */
export async function upload(
  servers: Servers,
  photos: readonly string[],
  count: number,
): Promise<Source[]> {
  const { s3, resources } = servers;
  const { sourceBucket, renditionBucket } = resources;
  const manifests = new Map<string, string>();
  for (const photo of photos.slice(0, count)) {
    const key = basename(photo);
    const Body = await readFile(photo);
    await s3.send(new PutObjectCommand({ Bucket: sourceBucket, Key: key, Body }));
    const job = { bucket: sourceBucket, key, mayHaveRun: false, force: false };
    const context = { ...shared(servers), lane: "small" } as const;
    await reconcile(job, context, new AbortController().signal);
    const at = { Bucket: renditionBucket, Key: manifestKey(recipe, key) };
    const stored = await s3.send(new GetObjectCommand(at));
    manifests.set(photo, (await stored.Body?.transformToString()) ?? "");
  }
  const originals = [...manifests];
  const sources: Source[] = [];
  for (let at = 0; at < count; at++) {
    const [photo, text] = originals[at % originals.length] ?? ["", ""];
    const original = basename(photo);
    const key = `${at}/${original}`;
    const CopySource = `${sourceBucket}/${original}`;
    await s3.send(new CopyObjectCommand({ Bucket: sourceBucket, Key: key, CopySource }));
    const Key = manifestKey(recipe, key);
    const Body = text.replaceAll(original, key);
    await s3.send(new PutObjectCommand({ Bucket: renditionBucket, Key, Body }));
    sources.push({ key, photo, url: await presigned(servers, key) });
  }
  return sources;
}

/** What programs of the core share between their requests. */
export function shared({ s3, resources }: Servers) {
  const memoryBytes = 1024 * MIB;
  return {
    recipe,
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, resources.renditionBucket),
    memoryBytes,
    renderSemaphore: new MemorySemaphore({ bytes: memoryBytes, slots: 1 }).run,
  };
}

/** @returns the URL by which a server without credentials reads a source */
async function presigned({ aws, resources }: Servers, key: string): Promise<string> {
  const url = new URL(`/${resources.sourceBucket}/${key}`, aws.endpoint);
  const { credentials } = aws;
  const signing = { credentials, region: REGION, service: "s3", uriEscapePath: false };
  const { query = {} } = await new SignatureV4({ ...signing, sha256: Sha256 }).presign(
    {
      method: "GET",
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
      query: {},
    },
    { expiresIn: PRESIGNED_SECONDS },
  );
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url.href;
}
