import { unexpectedAlarms } from "./expected-alarms.ts";
import { all, differences } from "./read.ts";
import type { Graph, Json } from "./resource.ts";

const DAY = 24 * 3600;

interface Expected {
  readonly type: string;
  readonly name: string;
  readonly inputs: { readonly [key: string]: Json };
}

/** The numbers of a deployment without settings, written down a second time: none changes unseen. */
const DEPLOYED: readonly Expected[] = [
  {
    type: "lambda/eventSourceMapping:EventSourceMapping",
    name: "ConsumeMapping",
    inputs: {
      batchSize: 10,
      maximumBatchingWindowInSeconds: 1,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: 8 },
    },
  },
  {
    type: "lambda/function:Function",
    name: "ConsumeFunction",
    inputs: {
      architectures: ["arm64"],
      memorySize: 2048,
      timeout: 120,
      runtime: "nodejs24.x",
      packageType: "Zip",
      ephemeralStorage: { size: 512 },
    },
  },
  queue("SmallQueue", 4 * DAY, 720),
  queue("LargeQueue", 4 * DAY, 120),
  queue("SmallDlqQueue", 14 * DAY),
  queue("LargeDlqQueue", 14 * DAY),
  {
    type: "s3/bucketNotification:BucketNotification",
    name: "SourceNotification",
    inputs: {
      queues: [
        {
          events: [
            "s3:ObjectCreated:*",
            "s3:ObjectRemoved:*",
            "s3:LifecycleExpiration:*",
            "s3:ObjectRestore:Completed",
          ],
        },
      ],
    },
  },
  {
    type: "s3/bucketVersioning:BucketVersioning",
    name: "SourceVersioning",
    inputs: { versioningConfiguration: { status: "Enabled" } },
  },
  {
    type: "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    name: "SourceLifecycle",
    inputs: {
      rules: [
        { abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } },
        { noncurrentVersionExpiration: { noncurrentDays: 90 } },
        { transitions: [{ days: 30, storageClass: "INTELLIGENT_TIERING" }] },
      ],
    },
  },
  {
    type: "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    name: "RenditionsLifecycle",
    inputs: {
      rules: [
        { abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } },
        {
          filter: { tag: { key: "imagefleet", value: "tombstone" } },
          expiration: { days: 2 },
        },
      ],
    },
  },
  {
    type: "ecs/taskDefinition:TaskDefinition",
    name: "WorkerTask",
    inputs: {
      cpu: "2048",
      memory: "4096",
      ephemeralStorage: { sizeInGib: 21 },
      runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" },
      volumes: [{ name: "scratch" }],
    },
  },
  {
    type: "ecs/service:Service",
    name: "WorkerService",
    inputs: {
      desiredCount: 0,
      capacityProviderStrategies: [
        { capacityProvider: "FARGATE", base: 1, weight: 0 },
        { capacityProvider: "FARGATE_SPOT", weight: 1 },
      ],
      deploymentCircuitBreaker: { enable: true, rollback: true },
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      enableExecuteCommand: false,
      networkConfiguration: { assignPublicIp: true },
    },
  },
  {
    type: "docker-build:index:Image",
    name: "WorkerImageWorker",
    inputs: { platforms: ["linux/arm64"] },
  },
  {
    type: "appautoscaling/target:Target",
    name: "WorkerAutoScalingTarget",
    inputs: { minCapacity: 0, maxCapacity: 10, scalableDimension: "ecs:service:DesiredCount" },
  },
  {
    type: "appautoscaling/policy:Policy",
    name: "WorkerIdle",
    inputs: {
      policyType: "StepScaling",
      stepScalingPolicyConfiguration: {
        adjustmentType: "ExactCapacity",
        stepAdjustments: [{ metricIntervalUpperBound: "0", scalingAdjustment: 0 }],
      },
    },
  },
  {
    type: "appautoscaling/policy:Policy",
    name: "WorkerBacklog",
    inputs: {
      policyType: "StepScaling",
      stepScalingPolicyConfiguration: {
        adjustmentType: "ExactCapacity",
        cooldown: 60,
        stepAdjustments: Array.from({ length: 10 }, (_, n) => ({
          metricIntervalLowerBound: String(n * 5),
          scalingAdjustment: n + 1,
        })),
      },
    },
  },
];

/** With `delivery: { invalidate: true }`, besides. */
const INVALIDATED: readonly Expected[] = [
  {
    type: "lambda/eventSourceMapping:EventSourceMapping",
    name: "InvalidateMapping",
    inputs: {
      batchSize: 1000,
      maximumBatchingWindowInSeconds: 20,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: 2 },
    },
  },
  {
    type: "lambda/function:Function",
    name: "InvalidateFunction",
    inputs: { architectures: ["arm64"], memorySize: 256, timeout: 120, runtime: "nodejs24.x" },
  },
  queue("InvalidationsQueue", 4 * DAY, 720, 40),
  queue("InvalidationsDlqQueue", 14 * DAY),
];

/** With `uploads`, besides. */
const CATALOGED: readonly Expected[] = [
  {
    type: "lambda/eventSourceMapping:EventSourceMapping",
    name: "ProjectorMapping",
    inputs: {
      batchSize: 10,
      maximumBatchingWindowInSeconds: 1,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: 5 },
    },
  },
  {
    type: "lambda/function:Function",
    name: "ProjectorFunction",
    inputs: { architectures: ["arm64"], memorySize: 512, timeout: 60, runtime: "nodejs24.x" },
  },
  {
    type: "lambda/function:Function",
    name: "UploadFunction",
    inputs: { architectures: ["arm64"], memorySize: 512, timeout: 10, runtime: "nodejs24.x" },
  },
  queue("CatalogQueue", 4 * DAY, 360),
  queue("CatalogDlqQueue", 14 * DAY),
  {
    type: "dynamodb/table:Table",
    name: "ImagesTable",
    inputs: {
      attributes: [
        { name: "pk", type: "S" },
        { name: "user", type: "S" },
        { name: "id", type: "S" },
      ],
      hashKey: "pk",
      globalSecondaryIndexes: [
        {
          name: "byUser",
          hashKey: "user",
          rangeKey: "id",
          projectionType: "INCLUDE",
          nonKeyAttributes: ["status", "name", "width", "height", "placeholder", "expiresAt"],
        },
      ],
    },
  },
  ...Object.entries({
    PostUploads: "POST /uploads",
    GetUploadsId: "GET /uploads/{id}",
    PostUploadsIdParts: "POST /uploads/{id}/parts",
    PostUploadsIdComplete: "POST /uploads/{id}/complete",
    DeleteUploadsId: "DELETE /uploads/{id}",
    GetImages: "GET /images",
    DeleteImagesId: "DELETE /images/{id}",
  }).map(([name, routeKey]) => ({
    type: "apigatewayv2/route:Route",
    name: `Uploads${name}`,
    inputs: { routeKey, authorizationType: "JWT" },
  })),
  {
    type: "apigatewayv2/integration:Integration",
    name: "UploadsIntegration",
    inputs: { integrationType: "AWS_PROXY", payloadFormatVersion: "2.0" },
  },
];

/** Where a graph is not what is written above, a line each. */
export function unexpected(graph: Graph): string[] {
  const has = (name: string) => all(graph, "sqs/queue:Queue").some((each) => each.name === name);
  const expected = [
    ...DEPLOYED,
    ...(has("InvalidationsQueue") ? INVALIDATED : []),
    ...(has("CatalogQueue") ? CATALOGED : []),
  ];
  const others = expected.flatMap(({ type, name, inputs }) => {
    const found = graph.resources.filter(
      (each) => each.name === name && [type, `aws:${type}`].includes(each.type),
    );
    if (found.length !== 1) return [`there are ${found.length} of ${name}, not 1`];
    return differences({ ...inputs }, { ...found[0]?.inputs }).map((line) => `${name}: ${line}`);
  });
  return [...others, ...unexpectedAlarms(graph)];
}

function queue(name: string, retention: number, visibility?: number, delay = 0): Expected {
  const visible = visibility === undefined ? {} : { visibilityTimeoutSeconds: visibility };
  const inputs = {
    messageRetentionSeconds: retention,
    fifoQueue: false,
    delaySeconds: delay,
    ...visible,
  };
  return { type: "sqs/queue:Queue", name, inputs };
}
