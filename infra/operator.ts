import { decrypting } from "./access.ts";
import { type Fleet, physicalOfAccount } from "./context.ts";
import type { Programs } from "./dashboard.ts";
import type { Delivery } from "./delivery.ts";
import type { Lanes, QueuePair } from "./queues.ts";
import type { Stores } from "./storage.ts";

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs;

/**
 * The policies for people: `viewer` for the commands of `imagefleet` that only read, `operator` for all
 * of them, `doctor` for preflight and doctor.
 */
export function policiesForPeople(
  fleet: Fleet,
  lanes: Lanes,
  stores: Stores,
  programs: Programs,
  delivery: Delivery | undefined,
) {
  const { small, large } = lanes;
  const { source, renditions } = stores;
  const { recipe } = fleet;
  const queues = [small.queue, large.queue].map(({ arn }) => arn);
  const dlq = [small.dlq, large.dlq].map(({ arn }) => arn);
  // No command reads these dead letters: the console, or AWS's own command line, moves them back.
  const others = [lanes.invalidations, lanes.catalog].filter((pair) => pair !== undefined);
  const sources = $interpolate`${source.arn}/${recipe.source.prefix}*`;
  const results = $interpolate`${renditions.arn}/${recipe.output.prefix}*`;
  const tables = programs.catalog === undefined ? [] : [programs.catalog.table.arn];
  const onTables = (...actions: string[]): Statement[] =>
    tables.length === 0 ? [] : [{ actions, resources: tables }];
  // The commands that only read: status, audit, estimate, tune, catalog check; dlq list, show and export.
  const looking: Statement[] = [
    { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
    { actions: ["s3:GetObject"], resources: [sources, results] },
    { actions: ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"], resources: [...queues, ...dlq] },
    // A dead letter is read by receiving it, and released at once.
    { actions: ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"], resources: dlq },
    // The oldest message's age. CloudWatch has no resource-level permissions for metrics.
    { actions: ["cloudwatch:GetMetricData"], resources: ["*"] },
    ...onTables("dynamodb:GetItem", "dynamodb:Scan"),
    ...decrypting(fleet, stores),
  ];
  // In addition: reprocess and audit --repair; catalog rebuild; dlq redrive, discard and import; purge.
  const changing: Statement[] = [
    { actions: ["sqs:SendMessage"], resources: [...queues, ...dlq] },
    { actions: ["sqs:DeleteMessage"], resources: dlq },
    { actions: ["s3:DeleteObject"], resources: [results] },
    ...onTables("dynamodb:PutItem"),
    ...others.flatMap(redriving),
    ...(delivery
      ? [
          {
            actions: ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
            resources: [delivery.distributionArn],
          },
          // A list, to find the distribution by its origin.
          { actions: ["cloudfront:ListDistributions"], resources: ["*"] },
        ]
      : []),
  ];
  return {
    viewer: policy(fleet, "Viewer", "imagefleet status, audit, estimate, dlq list", looking),
    operator: policy(fleet, "Operator", "imagefleet, every command", [...looking, ...changing]),
    doctor: policy(
      fleet,
      "Doctor",
      "imagefleet preflight, doctor",
      examining(fleet, lanes, stores, programs),
    ),
  };
}

/**
 * What a redrive in the SQS console takes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
function redriving({ queue, dlq }: QueuePair): Statement[] {
  return [
    {
      actions: [
        "sqs:StartMessageMoveTask",
        "sqs:CancelMessageMoveTask",
        "sqs:ListMessageMoveTasks",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
      ],
      resources: [dlq.arn],
    },
    { actions: ["sqs:SendMessage"], resources: [queue.arn] },
  ];
}

/** What preflight and doctor read, and what doctor puts and removes. */
function examining(
  fleet: Fleet,
  { small, large }: Lanes,
  stores: Stores,
  { consume, worker, cluster, catalog }: Programs,
): Statement[] {
  const { recipe, partition, account } = fleet;
  const { source, renditions } = stores;
  const buckets = [source.arn, renditions.arn];
  const dlq = [small.dlq.arn, large.dlq.arn];
  // Where doctor puts its test images in the source bucket.
  const tried = $interpolate`${source.arn}/${recipe.source.prefix}imagefleet-doctor/*`;
  const results = $interpolate`${renditions.arn}/${recipe.output.prefix}*`;
  const inCluster = (kind: string) =>
    $output(cluster.nodes.cluster.arn).apply((arn) => `${arn.replace(":cluster/", `:${kind}/`)}/*`);
  return [
    { actions: ["s3:ListBucket", "s3:GetEncryptionConfiguration"], resources: buckets },
    { actions: ["s3:GetBucketNotification", "s3:ListBucketVersions"], resources: [source.arn] },
    ...(catalog
      ? [
          { actions: ["s3:GetBucketNotification"], resources: [renditions.arn] },
          {
            actions: [
              "dynamodb:DescribeContinuousBackups",
              "dynamodb:DescribeTable",
              "dynamodb:DescribeTimeToLive",
            ],
            resources: [catalog.table.arn],
          },
          { actions: ["dynamodb:ListTables"], resources: ["*"] },
        ]
      : []),
    { actions: ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"], resources: [tried] },
    { actions: ["s3:GetObject", "s3:DeleteObject"], resources: [results] },
    {
      actions: ["sqs:GetQueueAttributes"],
      resources: [small.queue.arn, large.queue.arn, ...dlq],
    },
    {
      actions: ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"],
      resources: dlq,
    },
    { actions: ["sqs:SendMessage"], resources: [small.dlq.arn] },
    {
      actions: ["lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration"],
      resources: [consume.arn],
    },
    {
      actions: ["iam:SimulatePrincipalPolicy"],
      resources: [
        $output(consume.nodes.role).apply((role) => role.arn),
        $output(worker.nodes.taskRole).apply((role) => role.arn),
      ],
    },
    {
      actions: ["iam:GetRole"],
      resources: [
        $interpolate`arn:${partition}:iam::${account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
      ],
    },
    { actions: ["ecs:DescribeServices"], resources: [inCluster("service")] },
    { actions: ["ecs:DescribeTasks"], resources: [inCluster("task")] },
    // Lists, and actions without resource-level permissions.
    {
      actions: [
        "cloudfront:ListCachePolicies",
        "cloudfront:ListDistributions",
        "cloudfront:ListResponseHeadersPolicies",
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
    // Doctor writes sources and never reads them; it reads renditions and never writes them.
    ...(source.key ? [{ actions: ["kms:GenerateDataKey"], resources: [source.key] }] : []),
    ...(renditions.key ? [{ actions: ["kms:Decrypt"], resources: [renditions.key] }] : []),
  ];
}

function policy(
  fleet: Fleet,
  name: string,
  description: string,
  statements: Statement[],
): aws.iam.Policy {
  return new aws.iam.Policy(
    `${fleet.name}${name}`,
    {
      // A permission set of IAM Identity Center refers to the policy by this name.
      name: physicalOfAccount(fleet, name),
      description,
      policy: aws.iam.getPolicyDocumentOutput({ statements }).json,
    },
    // IAM cannot change a description: a new one would replace the policy, and IAM does not delete a
    // policy that is attached.
    { ...fleet.within, ignoreChanges: ["description"] },
  );
}
