import { physicalOfAccount, retained, settings } from "./stage.ts";
import { source } from "./storage.ts";

if (settings.replicateTo !== undefined) replicate(settings.replicateTo);

/** Every version of every source is copied to a bucket elsewhere, which must be versioned too. */
function replicate(destination: string): void {
  // A bucket that is kept goes on being copied.
  const kept = { retainOnDelete: retained };
  const role = new aws.iam.Role(
    "ReplicationRole",
    {
      name: physicalOfAccount("Replication"),
      assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "s3.amazonaws.com" }),
    },
    kept,
  );
  const policy = new aws.iam.RolePolicy(
    "ReplicationPolicy",
    {
      role: role.id,
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [
          { actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"], resources: [source.arn] },
          {
            actions: [
              "s3:GetObjectVersionForReplication",
              "s3:GetObjectVersionAcl",
              "s3:GetObjectVersionTagging",
            ],
            resources: [$interpolate`${source.arn}/*`],
          },
          {
            actions: ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            resources: [`${destination}/*`],
          },
        ],
      }).json,
    },
    kept,
  );
  new aws.s3.BucketReplicationConfig(
    "Replication",
    {
      bucket: source.name,
      role: role.arn,
      rules: [
        {
          id: "all-sources",
          status: "Enabled",
          filter: { prefix: "" },
          deleteMarkerReplication: { status: "Enabled" },
          destination: { bucket: destination },
        },
      ],
    },
    { ...kept, dependsOn: source.versions ? [policy, source.versions] : [policy] },
  );
}
