import { GetObjectCommand, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import sharp from "sharp";
import * as v from "valibot";
import type { DeadLetters } from "./dead-letters.ts";
import type { FullSnapshot, ManifestView, Pixels } from "./snapshot.ts";

const READS_AT_ONCE = 16;
const MANIFESTS = "manifests/";

const manifestSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    source: v.object({ etag: v.string() }),
    rejected: v.optional(v.object({ reason: v.string() })),
    renditions: v.array(
      v.object({ key: v.string(), etag: v.string(), width: v.number(), height: v.number() }),
    ),
    onRequest: v.optional(
      v.array(v.object({ key: v.string(), width: v.number(), height: v.number() })),
      [],
    ),
  }),
);

export interface LookOptions {
  readonly s3: S3Client;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  readonly deadLetters: DeadLetters;
}

/** Reads everything: each manifest, and each rendition's pixels. */
export async function look(options: LookOptions): Promise<FullSnapshot> {
  const { s3, sourceBucket, renditionBucket, deadLetters } = options;
  const sources = await list(s3, sourceBucket);
  const stored = await list(s3, renditionBucket);
  const limit = pLimit(READS_AT_ONCE);
  const manifests = new Map<string, ManifestView | undefined>();
  const pixels = new Map<string, Pixels | undefined>();
  const versions: string[] = [];
  await limit.map([...stored.keys()], async (key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: renditionBucket, Key: key }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    if (key.startsWith(MANIFESTS)) versions.push(Buffer.from(bytes).toString());
    // It has no stored object.
    if (key.startsWith(MANIFESTS) && isTombstone(bytes)) stored.delete(key);
    else if (key.startsWith(MANIFESTS)) manifests.set(key, manifestOf(bytes));
    else pixels.set(key, await pixelsOf(bytes));
  });
  return { sources, stored, manifests, pixels, versions, deadLetters: await deadLetters.read() };
}

async function list(s3: S3Client, bucket: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key = "", ETag = "" } of Contents) found.set(Key, ETag);
  }
  return found;
}

const tombstoneSchema = v.pipe(v.string(), v.parseJson(), v.object({ removed: v.literal(true) }));

function isTombstone(bytes: Uint8Array): boolean {
  return v.is(tombstoneSchema, Buffer.from(bytes).toString());
}

function manifestOf(bytes: Uint8Array): ManifestView | undefined {
  const parsed = v.safeParse(manifestSchema, Buffer.from(bytes).toString());
  if (!parsed.success) return undefined;
  const { source, rejected, renditions, onRequest } = parsed.output;
  return {
    etag: source.etag,
    rejected: rejected?.reason,
    renditions: new Map(renditions.map(({ key, ...rest }) => [key, rest])),
    onRequest: new Map(onRequest.map(({ key, ...rest }) => [key, rest])),
  };
}

export async function pixelsOf(bytes: Uint8Array): Promise<Pixels | undefined> {
  try {
    const { data, info } = await sharp(bytes)
      .removeAlpha()
      .toColorspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const sums = [0, 0, 0];
    for (let at = 0; at < data.length; at++) sums[at % 3] = (sums[at % 3] ?? 0) + (data[at] ?? 0);
    const [r = 0, g = 0, b = 0] = sums.map((sum) => sum / (data.length / 3));
    return { width: info.width, height: info.height, color: [r, g, b] };
  } catch {
    return undefined;
  }
}
