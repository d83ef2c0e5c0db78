import { createHash } from "node:crypto";
import { type Fleet, transformed } from "./context.ts";
import { STORAGE, UPLOADS } from "./numbers.ts";
import type { FleetRecipe } from "./recipe.ts";
import type { UploadSettings } from "./settings-schema.ts";

type LifecycleRule = aws.types.input.s3.BucketLifecycleConfigurationRule;
type BucketStatement = NonNullable<
  Exclude<sst.aws.BucketArgs["policy"], $util.Output<unknown> | Promise<unknown>>
>[number];

/** The longest name of a bucket, and the letters that make it unique. */
const BUCKET_NAME = 63;
const SUFFIX = 8;

const everything = { prefix: "" };
const abandonedUploads: LifecycleRule = {
  id: "abandoned-uploads",
  status: "Enabled",
  filter: everything,
  abortIncompleteMultipartUpload: { daysAfterInitiation: STORAGE.abortMultipartDays },
};

type Key = $util.Input<string>;

export interface Storage {
  readonly name: $util.Input<string>;
  readonly arn: $util.Input<string>;
  /** The ARN of the key of KMS that it is encrypted with; undefined: S3's own. */
  readonly key: Key | undefined;
  readonly versions?: aws.s3.BucketVersioning;
}

export interface Stores {
  readonly source: Storage;
  readonly renditions: Storage;
}

/** What users upload: versioned, so that an overwrite or a delete can be taken back. */
export function makeSource(fleet: Fleet, key: Key | undefined): Storage {
  const { source, uploads, uploadOrigins, keepDeletedDays, archiveAfterDays } = fleet.settings;
  if (source !== "new") return theirs(fleet, source);
  return bucket(fleet, key, "Source", {
    versioned: true,
    uploadOrigins,
    policy: uploads === "none" ? [] : [noOldSignatures(uploadPrefix(fleet.recipe, uploads))],
    rules: [
      {
        id: "old-versions",
        status: "Enabled",
        filter: everything,
        noncurrentVersionExpiration: { noncurrentDays: keepDeletedDays },
        expiration: { expiredObjectDeleteMarker: true },
      },
      {
        id: "colder",
        status: "Enabled",
        filter: everything,
        transitions: [
          archiveAfterDays === undefined
            ? { days: STORAGE.intelligentTieringDays, storageClass: "INTELLIGENT_TIERING" }
            : { days: archiveAfterDays, storageClass: "GLACIER_IR" },
        ],
      },
    ],
  });
}

/**
 * A signed form or address may say itself how long it is valid. Here S3 bounds it, also for who has the
 * function's role.
 */
function noOldSignatures(prefix: string): BucketStatement {
  return {
    effect: "deny",
    actions: ["s3:PutObject"],
    principals: "*",
    conditions: [
      {
        test: "NumericGreaterThan",
        variable: "s3:signatureAge",
        values: [String(UPLOADS.signatureAgeMs)],
      },
      { test: "StringEquals", variable: "s3:authType", values: ["REST-QUERY-STRING", "POST"] },
    ],
    paths: [`${prefix}*`],
  };
}

/** What the keys of all uploads begin with. */
export function uploadPrefix({ source }: FleetRecipe, { key }: UploadSettings): string {
  return source.prefix + key.slice(0, key.indexOf("{"));
}

/**
 * What is made of it. The name of a new bucket is known before the bucket exists: its policy names the
 * distribution, and the distribution names the bucket.
 */
export function renditionsOf(fleet: Fleet, key: Key | undefined): Storage {
  const { settings, account, region, name: fleetName } = fleet;
  if (settings.renditions !== "new") return theirs(fleet, settings.renditions);
  // As SST names a bucket: the tools find it by its app, stage and fleet.
  const readable = `${$app.name}-${$app.stage}-${fleetName}renditionsbucket`.toLowerCase();
  const name = $util.all([account, region]).apply(([accountId, regionName]) => {
    const hash = createHash("sha256").update(`${readable} ${accountId} ${regionName}`).digest();
    const letters = [...hash.subarray(0, SUFFIX)].map(
      (byte) => "abcdefghijklmnopqrstuvwxyz"[byte % 26],
    );
    return `${readable.slice(0, BUCKET_NAME - SUFFIX - 1)}-${letters.join("")}`;
  });
  return { name, arn: $interpolate`arn:${fleet.partition}:s3:::${name}`, key };
}

/**
 * Makes the bucket, unless it is theirs. It is not versioned: a rendition can be made again from its
 * source at any time.
 *
 * @param distribution may read it
 * @returns the bucket, whose name is known once it exists
 */
export function makeRenditions(
  fleet: Fleet,
  renditions: Storage,
  distribution: $util.Input<string> | undefined,
): Storage {
  const { name, key } = renditions;
  if (fleet.settings.renditions !== "new") return renditions;
  return bucket(fleet, key, "Renditions", {
    name,
    versioned: false,
    rules: [
      {
        id: "tombstones",
        status: "Enabled",
        // TOMBSTONE_TAG of packages/core/src/store/manifest.ts; a test compares the two.
        filter: { tag: { key: "imagefleet", value: "tombstone" } },
        expiration: { days: STORAGE.tombstoneDays },
      },
    ],
    policy: distribution === undefined ? [] : [throughCloudFront(distribution)],
  });
}

interface Given {
  readonly bucket: $util.Input<string> | sst.aws.Bucket;
  readonly kmsKeyArn?: Key;
}

function theirs({ partition }: Fleet, { bucket, kmsKeyArn: key }: Given): Storage {
  if (bucket instanceof sst.aws.Bucket) return { name: bucket.name, arn: bucket.arn, key };
  return { name: bucket, arn: $interpolate`arn:${partition}:s3:::${bucket}`, key };
}

/** This one distribution, whoever asks it: another's, of any account, is not let in. */
function throughCloudFront(distribution: $util.Input<string>): BucketStatement {
  return {
    // Without s3:ListBucket, S3 answers 403 rather than 404 for a missing key, and CloudFront would not
    // ask the function. No request of the distribution lists the bucket: its edge function refuses `/`.
    actions: ["s3:GetObject", "s3:ListBucket"],
    principals: [{ type: "service", identifiers: ["cloudfront.amazonaws.com"] }],
    conditions: [{ test: "StringEquals", variable: "aws:SourceArn", values: [distribution] }],
    paths: ["", "*"],
  };
}

/** TLS only and closed to the public by SST's own defaults, which the graph's rules insist on. */
function bucket(
  fleet: Fleet,
  key: Key | undefined,
  name: string,
  options: {
    name?: $util.Input<string>;
    versioned: boolean;
    rules: LifecycleRule[];
    policy?: BucketStatement[];
    uploadOrigins?: string[];
  },
): Storage {
  const { name: given, versioned, rules, policy = [], uploadOrigins = [] } = options;
  // Of what is kept all parts stay: a bucket without its policy is cut off, without its versioning
  // unprotected. SST keeps the bucket alone.
  const { kept, retained } = fleet;
  const made = new sst.aws.Bucket(
    ...transformed<sst.aws.BucketArgs>(
      fleet.transform.bucket,
      `${fleet.name}${name}`,
      {
        // Nothing is uploaded from a browser without being asked for.
        cors: uploadOrigins.length > 0 && {
          allowOrigins: uploadOrigins,
          allowMethods: ["PUT", "POST"],
          // Of a part of an upload.
          exposeHeaders: ["ETag"],
          maxAge: "1 hour",
        },
        policy,
        // What is kept must not be emptied on the way out either.
        transform: { bucket: { ...(given && { bucket: given }), forceDestroy: !retained } },
      },
      kept,
    ),
  );
  new aws.s3.BucketServerSideEncryptionConfiguration(
    `${fleet.name}${name}Encryption`,
    {
      bucket: made.name,
      rules: [
        {
          applyServerSideEncryptionByDefault: key
            ? { sseAlgorithm: "aws:kms", kmsMasterKeyId: key }
            : { sseAlgorithm: "AES256" },
          // One call to KMS a bucket and time, not one an object.
          bucketKeyEnabled: key !== undefined,
        },
      ],
    },
    kept,
  );
  new aws.s3.BucketLifecycleConfiguration(
    `${fleet.name}${name}Lifecycle`,
    { bucket: made.name, rules: [abandonedUploads, ...rules] },
    kept,
  );
  if (!versioned) return { name: made.name, arn: made.arn, key };
  const versions = new aws.s3.BucketVersioning(
    `${fleet.name}${name}Versioning`,
    { bucket: made.name, versioningConfiguration: { status: "Enabled" } },
    kept,
  );
  return { name: made.name, arn: made.arn, key, versions };
}
