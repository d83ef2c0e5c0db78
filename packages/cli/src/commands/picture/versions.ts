import {
  type DeleteMarkerEntry,
  ListObjectVersionsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/** A version of a source, or a delete marker, which has no bytes. */
export interface SourceVersion {
  /** ISO 8601 */
  readonly at: string;
  readonly id: string;
  readonly bytes?: number;
}

/** The most versions that are listed, the latest ones. */
const MAX_VERSIONS = 100;

/**
 * The latest versions of an object, of a bucket that keeps them. It needs `s3:ListBucketVersions`. Those
 * of a key come before those of keys that continue it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export async function sourceVersions(
  s3: S3Client,
  bucket: string,
  key: string,
): Promise<SourceVersion[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, MaxKeys: MAX_VERSIONS }),
  );
  const common = ({ LastModified = new Date(0), VersionId = "null" }: DeleteMarkerEntry) => ({
    at: LastModified.toISOString(),
    id: VersionId,
  });
  return [
    ...Versions.filter((each) => each.Key === key).map((each) => ({
      ...common(each),
      bytes: each.Size ?? 0,
    })),
    ...DeleteMarkers.filter((each) => each.Key === key).map(common),
  ];
}
