import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { asFailure } from "../aws/index.ts";
import { decodeKey } from "../intake/index.ts";
import { Failure } from "../outcome/index.ts";
import { compareKeys } from "./key-order.ts";

/** An object in a listing. */
export interface ListedObject {
  /** Decoded. */
  readonly key: string;
  readonly bytes: number;
  /** With its quotes, as S3 returns it. */
  readonly etag: string;
  /** ms since the epoch */
  readonly modified: number;
}

interface ListingRange {
  readonly prefix?: string;
  /** Only keys after this one. */
  readonly after?: string;
  /** Only keys up to this one, itself included. */
  readonly upTo?: string;
}

/**
 * Lists a bucket's objects in S3's order, in pages of up to 1,000.
 *
 * @throws Failure `StoreUnavailable` or `Throttled`
 *
 * @example
 * for await (const page of listPages(s3, "uploads", { prefix: "cats/" })) console.log(page.length);
 */
export async function* listPages(
  s3: S3Client,
  bucket: string,
  { prefix = "", after, upTo }: ListingRange,
): AsyncGenerator<ListedObject[]> {
  let token: string | undefined;
  do {
    const page = await list(s3, bucket, {
      Prefix: prefix,
      StartAfter: token === undefined ? after : undefined,
      ContinuationToken: token,
    });
    const objects = (page.Contents ?? []).map((object) => ({
      key: decode(object.Key ?? ""),
      bytes: object.Size ?? 0,
      etag: object.ETag ?? "",
      modified: object.LastModified?.getTime() ?? 0,
    }));
    const end =
      upTo === undefined ? -1 : objects.findIndex(({ key }) => compareKeys(key, upTo) > 0);
    if (end >= 0) objects.length = end;
    if (objects.length > 0) yield objects;
    token = end >= 0 ? undefined : page.NextContinuationToken;
  } while (token !== undefined);
}

/**
 * Lists the folders directly below a prefix, each with its "/": up to 1,000, by one request.
 *
 * @throws Failure `StoreUnavailable` or `Throttled`
 *
 * @example
 * await listFolders(s3, "uploads", ""); // ["cats/", "dogs/"]
 */
export async function listFolders(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const page = await list(s3, bucket, { Prefix: prefix, Delimiter: "/" });
  return (page.CommonPrefixes ?? []).map(({ Prefix = "" }) => decode(Prefix));
}

type Query = Partial<
  Record<"Prefix" | "StartAfter" | "ContinuationToken" | "Delimiter", string | undefined>
>;

async function list(s3: S3Client, bucket: string, query: Query) {
  try {
    return await s3.send(
      // XML cannot contain every key that S3 accepts.
      new ListObjectsV2Command({ Bucket: bucket, EncodingType: "url", ...query }),
    );
  } catch (error) {
    throw asFailure(`list s3://${bucket}/${query.Prefix ?? ""}`, error);
  }
}

function decode(formEncoded: string): string {
  const key = decodeKey(formEncoded);
  if (key !== undefined) return key;
  throw new Failure(
    "StoreUnavailable",
    `S3 listed a key that is not form-encoded: ${JSON.stringify(formEncoded)}`,
  );
}
