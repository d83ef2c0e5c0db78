import { GetBucketEncryptionCommand } from "@aws-sdk/client-s3";
import { clientConfig } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { askFor, type Check, noneHere } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import type { Patient } from "./fleet.ts";

/** Who works on pictures, with the role's ARN; undefined where it is not known. */
export interface Roles {
  readonly function: string | undefined;
  readonly worker: string | undefined;
}

interface Need {
  readonly actions: readonly string[];
  readonly on: string;
}

/**
 * May both programs read sources and write renditions, keys of KMS included? IAM itself is asked what
 * the roles' policies come to.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export async function roleChecks(patient: Patient, roles: Roles): Promise<readonly Check[]> {
  const name = "permissions of function and worker";
  const { stage } = patient;
  if (stage === undefined) return [noneHere(name, "permissions")];
  const { IAMClient, SimulatePrincipalPolicyCommand } = await sdk(
    () => import("@aws-sdk/client-iam"),
  );
  const iam = new IAMClient(clientConfig(stage.clients.IAM));
  const needs = await askFor(name, "s3:GetEncryptionConfiguration", async () => {
    const wanted = await needsOf(patient);
    const each = async (who: keyof Roles, lanes: readonly Lane[]): Promise<readonly Check[]> => {
      const role = roles[who];
      const of = `permissions of the ${who}`;
      if (role === undefined) {
        return [
          { name: of, state: "unasked", says: "Its role is not known: see the checks above." },
        ];
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
  iam.destroy();
  return needs;
}

function permitted(
  name: string,
  who: string,
  lacking: readonly string[],
  blocks: readonly Lane[],
): Check {
  if (lacking.length === 0) {
    return { name, state: "ok", says: "It may read sources and write renditions." };
  }
  return {
    name,
    state: "wrong",
    says: `The ${who} may not do ${lacking.join(", nor ")}: its jobs end as StoreUnavailable.`,
    fix: "Deploy the stage again; name keys that were in use before in formerKeys (docs/deploy.md).",
    blocks,
  };
}

async function needsOf(patient: Patient): Promise<Need[]> {
  const { sourceBucket, renditionBucket, recipe, queues } = patient;
  // In China and GovCloud it is another than "aws".
  const [, partition] = queues.small.queue.arn.split(":");
  const objects = (bucket: string, prefix: string) =>
    `arn:${partition}:s3:::${bucket}/${prefix}imagefleet-doctor`;
  const [from, to] = await Promise.all([
    keyOf(patient, sourceBucket),
    keyOf(patient, renditionBucket),
  ]);
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

/** The key of KMS by which a bucket encrypts what comes; undefined: a key of S3's own. */
async function keyOf({ connection }: Patient, Bucket: string): Promise<string | undefined> {
  const { ServerSideEncryptionConfiguration: by } = await connection.s3.send(
    new GetBucketEncryptionCommand({ Bucket }),
  );
  const key = by?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
  // By an alias or an id alone it cannot be simulated.
  return key?.startsWith("arn:") && key.includes(":key/") ? key : undefined;
}
