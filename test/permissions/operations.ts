/** The permission for an operation: its action, and the kind of resource. */
export interface Authorization {
  readonly action: string;
  readonly on: "object" | "bucket" | "queue" | "distribution" | "everything";
}

/**
 * By the SDK's operation. Actions differ from operations: HEAD is a read, a part is a put, and a batch
 * needs the action of each entry.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export const S3_OPERATIONS: Readonly<Record<string, Authorization>> = {
  GetObject: { action: "s3:GetObject", on: "object" },
  HeadObject: { action: "s3:GetObject", on: "object" },
  PutObject: { action: "s3:PutObject", on: "object" },
  // A browser's form, in the name of who has signed it.
  PostObject: { action: "s3:PutObject", on: "object" },
  CreateMultipartUpload: { action: "s3:PutObject", on: "object" },
  UploadPart: { action: "s3:PutObject", on: "object" },
  CompleteMultipartUpload: { action: "s3:PutObject", on: "object" },
  AbortMultipartUpload: { action: "s3:AbortMultipartUpload", on: "object" },
  ListParts: { action: "s3:ListMultipartUploadParts", on: "object" },
  DeleteObject: { action: "s3:DeleteObject", on: "object" },
  DeleteObjects: { action: "s3:DeleteObject", on: "object" },
  ListObjectsV2: { action: "s3:ListBucket", on: "bucket" },
  HeadBucket: { action: "s3:ListBucket", on: "bucket" },
  ListObjectVersions: { action: "s3:ListBucketVersions", on: "bucket" },
  GetBucketNotificationConfiguration: { action: "s3:GetBucketNotification", on: "bucket" },
  GetBucketEncryption: { action: "s3:GetEncryptionConfiguration", on: "bucket" },
  "DeleteObject of a version": { action: "s3:DeleteObjectVersion", on: "object" },
  ListBuckets: { action: "s3:ListAllMyBuckets", on: "everything" },
};

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html */
export const SQS_OPERATIONS: Readonly<Record<string, Authorization>> = {
  SendMessage: { action: "sqs:SendMessage", on: "queue" },
  SendMessageBatch: { action: "sqs:SendMessage", on: "queue" },
  ReceiveMessage: { action: "sqs:ReceiveMessage", on: "queue" },
  DeleteMessage: { action: "sqs:DeleteMessage", on: "queue" },
  DeleteMessageBatch: { action: "sqs:DeleteMessage", on: "queue" },
  ChangeMessageVisibility: { action: "sqs:ChangeMessageVisibility", on: "queue" },
  ChangeMessageVisibilityBatch: { action: "sqs:ChangeMessageVisibility", on: "queue" },
  GetQueueAttributes: { action: "sqs:GetQueueAttributes", on: "queue" },
  GetQueueUrl: { action: "sqs:GetQueueUrl", on: "queue" },
  ListQueues: { action: "sqs:ListQueues", on: "everything" },
};

/**
 * CloudWatch has no resources: a principal that may read one metric may read all.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
export const CLOUDWATCH_OPERATIONS: Readonly<Record<string, Authorization>> = {
  DescribeAlarms: { action: "cloudwatch:DescribeAlarms", on: "everything" },
  GetMetricData: { action: "cloudwatch:GetMetricData", on: "everything" },
};

/**
 * A condition of a write needs no further action: only ConditionCheck in a transaction has its own.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
export const DYNAMODB_OPERATIONS: Readonly<Record<string, { readonly action: string }>> = {
  GetItem: { action: "dynamodb:GetItem" },
  PutItem: { action: "dynamodb:PutItem" },
  UpdateItem: { action: "dynamodb:UpdateItem" },
  DeleteItem: { action: "dynamodb:DeleteItem" },
  Query: { action: "dynamodb:Query" },
  Scan: { action: "dynamodb:Scan" },
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html */
export const SNS_OPERATIONS: Readonly<Record<string, { readonly action: string }>> = {
  Publish: { action: "sns:Publish" },
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html */
export const EVENTS_OPERATIONS: Readonly<Record<string, { readonly action: string }>> = {
  PutEvents: { action: "events:PutEvents" },
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html */
export const CLOUDFRONT_OPERATIONS: Readonly<Record<string, Authorization>> = {
  CreateInvalidation: { action: "cloudfront:CreateInvalidation", on: "distribution" },
  GetInvalidation: { action: "cloudfront:GetInvalidation", on: "distribution" },
  ListDistributions: { action: "cloudfront:ListDistributions", on: "everything" },
};

/**
 * A write or delete with an ETag condition reveals whether the object exists: it also needs a read.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
 */
export const READS_BY_CONDITION: readonly string[] = [
  "PutObject",
  "CompleteMultipartUpload",
  "DeleteObject",
];

/** A write with tags needs a further permission: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export const TAGS = { header: "x-amz-tagging", action: "s3:PutObjectTagging" } as const;

/** Headers and parameters for which S3 requires a further action. None is supported here. */
export const ASKS_FOR_MORE = {
  headers: /^x-amz-(acl|grant-|object-lock-|server-side-encryption|bypass-governance)/,
  parameters: ["versionId", "acl", "tagging", "retention", "legal-hold", "attributes", "torrent"],
};
