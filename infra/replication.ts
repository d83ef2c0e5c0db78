import { type Fleet, physicalOfAccount } from "./context.ts";
import type { Storage } from "./storage.ts";

/** Replicates every version of every source to another bucket, which must be versioned too. */
export function replicate(fleet: Fleet, source: Storage): void {
  // A retained bucket keeps its replication.
  const { name, settings, kept } = fleet;
  const { replicateTo: destination } = settings;
  if (destination === undefined) return;
  const role = new aws.iam.Role(
    `${name}ReplicationRole`,
    {
      name: physicalOfAccount(fleet, "Replication"),
      assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "s3.amazonaws.com" }),
    },
    kept,
  );
  const policy = new aws.iam.RolePolicy(
    `${name}ReplicationPolicy`,
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
    `${name}Replication`,
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
