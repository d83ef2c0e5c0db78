import { KMS_DELETION_DAYS } from "./numbers.ts";
import { account, partition, retained, settings } from "./stage.ts";

/** The stage's own key, where KMS was chosen. Without it nothing that is kept can be read. */
export const key =
  settings.encryption === "kms"
    ? new aws.kms.Key(
        "Key",
        {
          description: `${$app.name} ${$app.stage}: sources and renditions`,
          enableKeyRotation: true,
          deletionWindowInDays: KMS_DELETION_DAYS,
          ...(settings.distribution && { policy: readableThrough(settings.distribution) }),
        },
        { retainOnDelete: retained },
      )
    : undefined;

/** The account's policies decide, as without a policy here; and the distribution may decrypt. */
function readableThrough(distribution: string) {
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
        conditions: [{ test: "StringEquals", variable: "aws:SourceArn", values: [distribution] }],
      },
    ],
  }).json;
}
