import { GetBucketEncryptionCommand } from "@aws-sdk/client-s3";
import { clientConfig } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { absentLocally, askFor, type Check, ok, problem, unknown } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { owned } from "../../connection/owned.ts";
import type { Fleet } from "./fleet.ts";

/** The ARNs of the roles of function and worker; undefined if unknown. */
export interface Roles {
  readonly function: string | undefined;
  readonly worker: string | undefined;
}

interface Need {
  readonly actions: readonly string[];
  readonly on: string;
}

/**
 * Checks that function and worker may read sources and write renditions, including the use of KMS keys.
 * IAM evaluates the policies of the roles.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export async function roleChecks(fleet: Fleet, roles: Roles): Promise<readonly Check[]> {
  const name = "permissions of function and worker";
  const { stage } = fleet;
  if (stage === undefined) return [absentLocally(name, "permissions")];
  const { IAMClient, SimulatePrincipalPolicyCommand } = await sdk(
    () => import("@aws-sdk/client-iam"),
  );
  using iam = owned(new IAMClient(clientConfig(stage.clients("IAM"))));
  return await askFor(name, "s3:GetEncryptionConfiguration", async () => {
    const wanted = await needsOf(fleet);
    const each = async (who: keyof Roles, lanes: readonly Lane[]): Promise<readonly Check[]> => {
      const role = roles[who];
      const of = `permissions of the ${who}`;
      if (role === undefined) {
        return [unknown(of, "The role is unknown: see the checks above.")];
      }
      return askFor(of, "iam:SimulatePrincipalPolicy", async () => {
        const lacking: string[] = [];
        for (const { actions, on } of wanted) {
          const { EvaluationResults: results = [] } = await iam.send(
            new SimulatePrincipalPolicyCommand({
              PolicySourceArn: role,
              ActionNames: [...actions],
              ResourceArns: [on],
            }),
          );
          for (const { EvalActionName: action, EvalDecision: decision } of results) {
            if (decision !== "allowed") lacking.push(`${action} on ${on}`);
          }
        }
        return [permitted(of, who, lacking, lanes)];
      });
    };
    return [...(await each("function", ["small", "large"])), ...(await each("worker", ["large"]))];
  });
}

function permitted(
  name: string,
  who: string,
  lacking: readonly string[],
  blocks: readonly Lane[],
): Check {
  if (lacking.length === 0) {
    return ok(name, "The role may read sources and write renditions.");
  }
  return problem(
    name,
    `The ${who} lacks ${lacking.join(", ")}: its jobs fail with reason StoreUnavailable.`,
    "Deploy the stage again. List KMS keys that were used before in formerKeys (docs/deploy.md).",
    blocks,
  );
}

async function needsOf(fleet: Fleet): Promise<Need[]> {
  const { sourceBucket, renditionBucket, recipe, queues } = fleet;
  // China and GovCloud have partitions other than "aws".
  const [, partition] = queues.small.queue.arn.split(":");
  const objects = (bucket: string, prefix: string) =>
    `arn:${partition}:s3:::${bucket}/${prefix}imagefleet-doctor`;
  const [from, to] = await Promise.all([keyOf(fleet, sourceBucket), keyOf(fleet, renditionBucket)]);
  return [
    { actions: ["s3:GetObject"], on: objects(sourceBucket, recipe.source.prefix) },
    {
      actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      on: objects(renditionBucket, recipe.output.prefix),
    },
    ...(from === undefined ? [] : [{ actions: ["kms:Decrypt"], on: from }]),
    ...(to === undefined ? [] : [{ actions: ["kms:Decrypt", "kms:GenerateDataKey"], on: to }]),
  ];
}

/** The KMS key that encrypts new objects of a bucket; undefined for a key of S3. */
async function keyOf({ connection }: Fleet, Bucket: string): Promise<string | undefined> {
  const { ServerSideEncryptionConfiguration: by } = await connection.s3.send(
    new GetBucketEncryptionCommand({ Bucket }),
  );
  const key = by?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
  // IAM cannot simulate access to an alias or a bare key id.
  return key?.startsWith("arn:") && key.includes(":key/") ? key : undefined;
}
