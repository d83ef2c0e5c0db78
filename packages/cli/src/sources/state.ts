import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { statusOf } from "@imagefleet/core/aws";
import { OWN_MARK } from "@imagefleet/core/store";

/** The object at a source's key, as it is now. */
export type SourceState =
  | {
      readonly state: "present";
      readonly bytes: number;
      readonly type: string | null;
      readonly etag: string | null;
      readonly modified: string;
      readonly storageClass: string;
      /** Null in a bucket without versions. */
      readonly versionId: string | null;
      /** Whether the fleet wrote it: a rendition is not a source. */
      readonly own: boolean;
    }
  | { readonly state: "missing" }
  | { readonly state: "unknown"; readonly message: string };

/** Requests the head of an object. It reports an error as its state. */
export async function sourceState(s3: S3Client, Bucket: string, Key: string): Promise<SourceState> {
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return {
      state: "present",
      bytes: head.ContentLength ?? 0,
      type: head.ContentType ?? null,
      etag: head.ETag ?? null,
      modified: (head.LastModified ?? new Date(0)).toISOString(),
      storageClass: head.StorageClass ?? "STANDARD",
      versionId: head.VersionId ?? null,
      own: head.Metadata?.[OWN_MARK] !== undefined,
    };
  } catch (error) {
    if (statusOf(error) === 404) return { state: "missing" };
    // A head has no body that could say it.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    const message =
      statusOf(error) === 403
        ? `the credentials may not read s3://${Bucket}/${Key}: allow s3:GetObject on it and s3:ListBucket on the bucket`
        : error instanceof Error
          ? error.message
          : String(error);
    return { state: "unknown", message };
  }
}
