import recipe from "../recipe.ts";
import { decrypting } from "./access.ts";
import { key } from "./encryption.ts";
import { cluster, worker } from "./fleet.ts";
import { consume } from "./intake.ts";
import { large, small } from "./queues.ts";
import { account, partition, physicalOfAccount, settings } from "./stage.ts";
import { renditions, source } from "./storage.ts";

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs;

const lanes = [small.queue, large.queue].map(({ arn }) => arn);
const letters = [small.letters, large.letters].map(({ arn }) => arn);
const sources = $interpolate`${source.arn}/${recipe.source.prefix}*`;
const results = $interpolate`${renditions.arn}/${recipe.output.prefix}*`;

/** What the commands need that only look: status, audit, estimate; dlq's list, show and export. */
const looking: Statement[] = [
  { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
  { actions: ["s3:GetObject"], resources: [sources, results] },
  { actions: ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"], resources: [...lanes, ...letters] },
  // A dead letter is read by receiving it, and given back at once.
  { actions: ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"], resources: letters },
  // The oldest message's age. CloudWatch knows no resources: who may ask for one metric may for all.
  { actions: ["cloudwatch:GetMetricData"], resources: ["*"] },
  ...decrypting,
];

/** What besides: reprocess and audit --repair; dlq's redrive, discard and import. */
const changing: Statement[] = [
  { actions: ["sqs:SendMessage"], resources: [...lanes, ...letters] },
  { actions: ["sqs:DeleteMessage"], resources: letters },
  { actions: ["s3:DeleteObject"], resources: [results] },
];

/** Where doctor puts its pictures, in the source bucket. */
const tried = $interpolate`${source.arn}/${recipe.source.prefix}imagefleet-doctor/*`;
const clusterArn = $output(cluster.nodes.cluster.arn);
const keys = settings.source === "new" ? key && [key.arn] : theirKey(settings.source);

/** What preflight and doctor ask, and what doctor puts and removes. */
const examining: Statement[] = [
  { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
  { actions: ["s3:GetEncryptionConfiguration"], resources: [source.arn, renditions.arn] },
  { actions: ["s3:GetBucketNotification", "s3:ListBucketVersions"], resources: [source.arn] },
  { actions: ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"], resources: [tried] },
  { actions: ["s3:GetObject", "s3:DeleteObject"], resources: [results] },
  { actions: ["sqs:GetQueueAttributes"], resources: [...lanes, ...letters] },
  {
    actions: ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"],
    resources: letters,
  },
  { actions: ["sqs:SendMessage"], resources: [small.letters.arn] },
  { actions: ["lambda:GetFunctionConfiguration"], resources: [consume.arn] },
  {
    actions: ["iam:SimulatePrincipalPolicy"],
    resources: [
      $output(consume.nodes.role).apply((role) => role.arn),
      ...($dev ? [] : [$output(worker.nodes.taskRole).apply((role) => role.arn)]),
    ],
  },
  {
    actions: ["iam:GetRole"],
    resources: [
      $interpolate`arn:${partition}:iam::${account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    ],
  },
  {
    actions: ["ecs:DescribeServices"],
    resources: [clusterArn.apply((arn) => `${arn.replace(":cluster/", ":service/")}/*`)],
  },
  {
    actions: ["ecs:DescribeTasks"],
    resources: [clusterArn.apply((arn) => `${arn.replace(":cluster/", ":task/")}/*`)],
  },
  // Lists, and what knows no resources: who may ask for one may ask for all.
  {
    actions: [
      "cloudwatch:DescribeAlarms",
      "ec2:DescribeInternetGateways",
      "ec2:DescribeVpcs",
      "ecs:DescribeTaskDefinition",
      "ecs:ListClusters",
      "ecs:ListServices",
      "ecs:ListTasks",
      "lambda:ListEventSourceMappings",
      "s3:ListAllMyBuckets",
      "servicequotas:GetAWSDefaultServiceQuota",
      "servicequotas:GetServiceQuota",
      "sqs:ListQueues",
    ],
    resources: ["*"],
  },
  ...(keys ? [{ actions: ["kms:GenerateDataKey"], resources: keys }] : []),
  ...decrypting,
];

function theirKey({ kmsKeyArn }: { kmsKeyArn?: string }): string[] | undefined {
  return kmsKeyArn === undefined ? undefined : [kmsKeyArn];
}

/** For whoever is to look at the fleet with `imagefleet`, and to change nothing. */
export const viewerPolicy = policy(
  "Viewer",
  "imagefleet status, audit, estimate, dlq list",
  looking,
);

/** For whoever is to run every command of `imagefleet`; it holds what the viewer's does. */
export const operatorPolicy = policy("Operator", "imagefleet, every command", [
  ...looking,
  ...changing,
]);

/** For whoever is to run preflight and doctor. */
export const doctorPolicy = policy("Doctor", "imagefleet preflight, doctor", examining);

function policy(name: string, description: string, statements: Statement[]): aws.iam.Policy {
  return new aws.iam.Policy(
    name,
    {
      // By this name a permission set of IAM Identity Center finds it.
      name: physicalOfAccount(name),
      description,
      policy: aws.iam.getPolicyDocumentOutput({ statements }).json,
    },
    // IAM changes no description: with another one the policy would be made anew, and IAM deletes none
    // that is attached.
    { ignoreChanges: ["description"] },
  );
}
