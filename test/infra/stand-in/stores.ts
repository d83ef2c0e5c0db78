import { ACCOUNT, REGION } from "../answers.ts";
import { at, listAt, numberAt, textAt, texts } from "../read.ts";
import type { Json } from "../resource.ts";
import { type Answer, element, json, jsonError, xml } from "./answer.ts";
import { arn, type DeployedState, iamPolicy, resources } from "./deployed-state.ts";

export function queueUrl(name: string): string {
  return `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html */
export function listQueues(input: Json, deployed: DeployedState): Answer {
  const names = resources(deployed, "sqs/queue:Queue").map(({ inputs }) => textAt(inputs, "name"));
  const prefix = textAt(input, "QueueNamePrefix");
  return json({ QueueUrls: names.filter((name) => name.startsWith(prefix)).map(queueUrl) });
}

/**
 * What a queue is set to; how full it is, the server knows.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
export function queueAttributes(name: string, deployed: DeployedState): Record<string, string> {
  const found = resources(deployed, "sqs/queue:Queue").find(
    ({ inputs }) => textAt(inputs, "name") === name,
  );
  const policy = resources(deployed, "sqs/queuePolicy:QueuePolicy").find(
    ({ inputs }) => textAt(inputs, "queueUrl") === queueUrl(name),
  );
  const redrive = textAt(found?.inputs, "redrivePolicy");
  return {
    QueueArn: arn("sqs", name),
    VisibilityTimeout: String(numberAt(found?.inputs, "visibilityTimeoutSeconds") || 30),
    MessageRetentionPeriod: String(numberAt(found?.inputs, "messageRetentionSeconds")),
    DelaySeconds: String(numberAt(found?.inputs, "delaySeconds")),
    ...(redrive !== "" && { RedrivePolicy: redrive }),
    ...(textAt(found?.inputs, "kmsMasterKeyId") !== "" && {
      KmsMasterKeyId: textAt(found?.inputs, "kmsMasterKeyId"),
    }),
    ...(policy && { Policy: JSON.stringify(iamPolicy(policy.inputs, "policy")) }),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export function listBuckets(prefix: string, deployed: DeployedState): Answer {
  const names = resources(deployed, "s3/bucket:Bucket").map(({ inputs }) =>
    textAt(inputs, "bucket"),
  );
  const Bucket = names
    .filter((name) => name.startsWith(prefix))
    .map((Name) => ({ Name, CreationDate: "2026-01-01T00:00:00.000Z" }));
  const owner = element("Owner", { ID: "1" });
  const buckets = element("Buckets", { Bucket });
  return xml(`<ListAllMyBucketsResult>${owner}${buckets}</ListAllMyBucketsResult>`);
}

export function s3Error(code: string, status: number): Answer {
  return xml(element("Error", { Code: code, Message: code }), status);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html */
export function notification(bucket: string, deployed: DeployedState): Answer {
  const before = deployed.account.buckets[bucket];
  const set = resources(deployed, "s3/bucketNotification:BucketNotification").find(
    ({ inputs }) => textAt(inputs, "bucket") === bucket,
  );
  if (set === undefined) return xml(element("NotificationConfiguration", before ?? {}));
  return xml(
    element("NotificationConfiguration", {
      QueueConfiguration: listAt(set.inputs, "queues").map((queue) => ({
        Id: textAt(queue, "id"),
        Queue: textAt(queue, "queueArn"),
        Event: texts(at(queue, "events")),
        ...(textAt(queue, "filterPrefix") !== "" && {
          Filter: {
            S3Key: { FilterRule: [{ Name: "Prefix", Value: textAt(queue, "filterPrefix") }] },
          },
        }),
      })),
      ...(at(set.inputs, "eventbridge") === true && { EventBridgeConfiguration: {} }),
    }),
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
export function encryption(bucket: string, deployed: DeployedState): Answer {
  const set = resources(
    deployed,
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  ).find(({ inputs }) => textAt(inputs, "bucket") === bucket);
  const by = "rules.0.applyServerSideEncryptionByDefault";
  const key = textAt(set?.inputs, `${by}.kmsMasterKeyId`);
  const algorithm = textAt(set?.inputs, `${by}.sseAlgorithm`);
  return xml(
    element("ServerSideEncryptionConfiguration", {
      Rule: [
        {
          ApplyServerSideEncryptionByDefault: {
            SSEAlgorithm: algorithm === "" ? "AES256" : algorithm,
            ...(key !== "" && { KMSMasterKeyID: key }),
          },
        },
      ],
    }),
  );
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html */
export function dynamodb(operation: string, input: Json, deployed: DeployedState): Answer {
  const tables = resources(deployed, "dynamodb/table:Table");
  if (operation === "ListTables") {
    return json({ TableNames: tables.map(({ inputs }) => textAt(inputs, "name")) });
  }
  const TableName = textAt(input, "TableName");
  const found = tables.find(({ inputs }) => textAt(inputs, "name") === TableName);
  if (found === undefined) {
    return jsonError("ResourceNotFoundException", `Requested resource not found: ${TableName}`);
  }
  const status = (path: string) => (at(found.inputs, path) === true ? "ENABLED" : "DISABLED");
  switch (operation) {
    case "DescribeTable":
      return json({ Table: { TableName, TableStatus: "ACTIVE" } });
    case "DescribeContinuousBackups": {
      const PointInTimeRecoveryStatus = status("pointInTimeRecovery.enabled");
      return json({
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: "ENABLED",
          PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus },
        },
      });
    }
    case "DescribeTimeToLive":
      return json({
        TimeToLiveDescription: {
          TimeToLiveStatus: status("ttl.enabled"),
          AttributeName: textAt(found.inputs, "ttl.attributeName"),
        },
      });
    default:
      return jsonError("UnknownOperationException", `${operation} is not served here`);
  }
}

interface Version {
  readonly key: string;
  readonly id: string;
  readonly isMarker: boolean;
}

/**
 * The versions of a bucket that keeps them, which the local server does not: what was put and
 * deleted by way of the stand-in.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export class Versions {
  #made = 0;
  #all: Version[] = [];

  /** All there are, delete markers among them. */
  get keys(): readonly string[] {
    return this.#all.map(({ key }) => key);
  }

  put(key: string, isMarker: boolean): void {
    this.#made += 1;
    this.#all.push({ key, id: `v${this.#made}`, isMarker });
  }

  remove(key: string, id: string): void {
    this.#all = this.#all.filter((version) => version.key !== key || version.id !== id);
  }

  list(prefix: string): Answer {
    const of = (isMarker: boolean): Json[] =>
      this.#all
        .filter((version) => version.isMarker === isMarker && version.key.startsWith(prefix))
        .map(({ key: Key, id: VersionId }) => ({ Key, VersionId, IsLatest: false }));
    return xml(
      element("ListVersionsResult", {
        Prefix: prefix,
        IsTruncated: false,
        Version: of(false),
        DeleteMarker: of(true),
      }),
    );
  }
}
