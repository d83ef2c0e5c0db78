import type { Fleet } from "./context.ts";
import { KMS_DELETION_DAYS } from "./numbers.ts";

/**
 * The KMS key of the fleet's buckets, where the settings choose KMS: an existing key, or the fleet's own.
 * It is retained with the buckets, because without it no retained object can be read.
 */
export function makeKey(fleet: Fleet): $util.Input<string> | undefined {
  const { encryption } = fleet.settings;
  if (encryption === "s3") return undefined;
  if (encryption !== "kms") return encryption.kmsKeyArn;
  return new aws.kms.Key(
    `${fleet.name}Key`,
    {
      description: `${$app.name} ${$app.stage} ${fleet.name}: sources and renditions`,
      enableKeyRotation: true,
      deletionWindowInDays: KMS_DELETION_DAYS,
      ...(fleet.delivery && { policy: readableThrough(fleet) }),
    },
    fleet.kept,
  ).arn;
}

/**
 * The account's IAM policies decide, which is the default; CloudFront may decrypt too. The key exists
 * before the fleet's own distribution: the bucket's policy names that one.
 */
function readableThrough({ partition, account, settings: { distribution } }: Fleet) {
  return aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        principals: [
          { type: "AWS", identifiers: [$interpolate`arn:${partition}:iam::${account}:root`] },
        ],
        actions: ["kms:*"],
        resources: ["*"],
      },
      {
        principals: [{ type: "Service", identifiers: ["cloudfront.amazonaws.com"] }],
        actions: ["kms:Decrypt"],
        resources: ["*"],
        conditions: [
          distribution === undefined
            ? { test: "StringEquals", variable: "aws:SourceAccount", values: [account] }
            : { test: "StringEquals", variable: "aws:SourceArn", values: [distribution] },
        ],
      },
    ],
  }).json;
}
