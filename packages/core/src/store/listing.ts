import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { asFailure } from "../aws/index.ts";
import { compareKeys } from "./key-order.ts";

/** An object as a listing tells it. */
export interface ListedObject {
  /** Raw. */
  readonly key: string;
  readonly bytes: number;
  /** With the quotes that S3 gives. */
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
 * A bucket's objects, in S3's order, a page of up to 1,000 at a time.
 *
 * @throws Failure `StoreUnavailable` or `Throttled`
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
 * The folders right under a prefix, each with its "/", as far as one request tells.
 *
 * @throws Failure `StoreUnavailable` or `Throttled`
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
      // XML cannot carry every key that S3 takes.
      new ListObjectsV2Command({ Bucket: bucket, EncodingType: "url", ...query }),
    );
  } catch (error) {
    throw asFailure(`list s3://${bucket}/${query.Prefix ?? ""}`, error);
  }
}

function decode(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
