import { key } from "./encryption.ts";
import { STORAGE } from "./numbers.ts";
import { partition, retained, settings } from "./stage.ts";

type LifecycleRule = aws.types.input.s3.BucketLifecycleConfigurationRule;
type Reader = NonNullable<
  Exclude<sst.aws.BucketArgs["policy"], $util.Output<unknown> | Promise<unknown>>
>[number];

const everything = { prefix: "" };
const abandonedUploads: LifecycleRule = {
  id: "abandoned-uploads",
  status: "Enabled",
  filter: everything,
  abortIncompleteMultipartUpload: { daysAfterInitiation: STORAGE.abortMultipartDays },
};

export interface Storage {
  readonly name: $util.Input<string>;
  readonly arn: $util.Input<string>;
  readonly versions?: aws.s3.BucketVersioning;
}

/** What users upload: versioned, so that an overwrite or a delete can be taken back. */
export const source: Storage =
  settings.source === "new" ? newSource() : theirs(settings.source.bucket);

/** What is made of it. Not versioned: it can be made again from its source at any time. */
export const renditions: Storage = bucket("Renditions", {
  versioned: false,
  rules: [
    {
      id: "tombstones",
      status: "Enabled",
      // TOMBSTONE_TAG of packages/core/src/store/manifest.ts.
      filter: { tag: { key: "imagefleet", value: "tombstone" } },
      expiration: { days: STORAGE.tombstoneDays },
    },
  ],
  readers: settings.distribution === undefined ? [] : [throughCloudFront(settings.distribution)],
});

function newSource(): Storage {
  return bucket("Source", {
    versioned: true,
    rules: [
      {
        id: "old-versions",
        status: "Enabled",
        filter: everything,
        noncurrentVersionExpiration: { noncurrentDays: STORAGE.oldVersionDays },
        expiration: { expiredObjectDeleteMarker: true },
      },
      {
        id: "intelligent-tiering",
        status: "Enabled",
        filter: everything,
        transitions: [
          { days: STORAGE.intelligentTieringDays, storageClass: "INTELLIGENT_TIERING" },
        ],
      },
    ],
  });
}

/** Linkable, as a bucket of SST's own is: `sst shell` tells the command line its name. */
function theirs(name: string): Storage {
  new sst.Linkable("Source", { properties: { name } });
  return { name, arn: $interpolate`arn:${partition}:s3:::${name}` };
}

/** This one distribution, whoever asks it: another's, of any account, is not let in. */
function throughCloudFront(distribution: string): Reader {
  return {
    actions: ["s3:GetObject"],
    principals: [{ type: "service", identifiers: ["cloudfront.amazonaws.com"] }],
    conditions: [{ test: "StringEquals", variable: "aws:SourceArn", values: [distribution] }],
    paths: ["*"],
  };
}

/** TLS only and closed to the public by SST's own defaults, which the graph's rules insist on. */
function bucket(
  name: string,
  options: { versioned: boolean; rules: LifecycleRule[]; readers?: Reader[] },
): Storage {
  const { versioned, rules, readers = [] } = options;
  const made = new sst.aws.Bucket(name, {
    // Nothing is uploaded from a browser without being asked for.
    cors: false,
    policy: readers,
    // What is kept must not be emptied on the way out either.
    transform: { bucket: { forceDestroy: !retained } },
  });
  new aws.s3.BucketServerSideEncryptionConfiguration(`${name}Encryption`, {
    bucket: made.name,
    rules: [
      {
        applyServerSideEncryptionByDefault: key
          ? { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn }
          : { sseAlgorithm: "AES256" },
        // One call to KMS a bucket and time, not one an object.
        bucketKeyEnabled: key !== undefined,
      },
    ],
  });
  new aws.s3.BucketLifecycleConfiguration(`${name}Lifecycle`, {
    bucket: made.name,
    rules: [abandonedUploads, ...rules],
  });
  if (!versioned) return made;
  const versions = new aws.s3.BucketVersioning(`${name}Versioning`, {
    bucket: made.name,
    versioningConfiguration: { status: "Enabled" },
  });
  return { name: made.name, arn: made.arn, versions };
}
