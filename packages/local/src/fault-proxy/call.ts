import type { IncomingMessage } from "node:http";

export type Service = "s3" | "sqs" | "cloudwatch" | "dynamodb" | "sns" | "events";

/** The prefix of the operation in the header of JSON protocols. */
const TARGETS = [
  ["sqs", "AmazonSQS."],
  ["cloudwatch", "GraniteServiceVersion20100801."],
  ["dynamodb", "DynamoDB_20120810."],
  ["events", "AWSEvents."],
] as const;

/** The service and operation of a request, with the SDK's names: `s3` `PutObject`, `sqs` `SendMessage`. */
export interface Call {
  readonly service: Service;
  readonly operation: string;
  /** The percent-encoded path: `/bucket/key`. */
  readonly path: string;
}

/**
 * JSON protocols have the operation in a header, and SNS has it in a form. S3's depends on method, path
 * and query.
 *
 * @param body reads the request's body into memory; called for the small forms of SNS only
 */
export async function callOf(
  { headers, method = "GET", url = "/" }: IncomingMessage,
  body: () => Promise<string>,
): Promise<Call> {
  const target = headers["x-amz-target"];
  for (const [service, prefix] of TARGETS) {
    if (typeof target === "string" && target.startsWith(prefix)) {
      return { service, operation: target.slice(prefix.length), path: url };
    }
  }
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  if (method === "POST" && url === "/" && isForm) {
    const operation = new URLSearchParams(await body()).get("Action") ?? "";
    return { service: "sns", operation, path: url };
  }
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const [bucket = "", ...key] = pathname.slice(1).split("/");
  const level = key.join("") !== "" ? "object" : bucket !== "" ? "bucket" : "account";
  const operation = s3Operation(method, level, searchParams, headers);
  return { service: "s3", operation, path: pathname };
}

const PLAIN: Readonly<Record<string, string>> = {
  "GET object": "GetObject",
  "HEAD object": "HeadObject",
  "PUT object": "PutObject",
  "DELETE object": "DeleteObject",
  "GET bucket": "ListObjectsV2",
  "HEAD bucket": "HeadBucket",
  "PUT bucket": "CreateBucket",
  "DELETE bucket": "DeleteBucket",
  "POST bucket": "PostObject",
  "GET account": "ListBuckets",
};

function s3Operation(
  method: string,
  level: string,
  query: URLSearchParams,
  headers: IncomingMessage["headers"],
): string {
  if (query.has("delete")) return "DeleteObjects";
  if (query.has("uploads"))
    return method === "POST" ? "CreateMultipartUpload" : "ListMultipartUploads";
  if (query.has("uploadId")) {
    if (method === "PUT") return "UploadPart";
    if (method === "POST") return "CompleteMultipartUpload";
    return method === "DELETE" ? "AbortMultipartUpload" : "ListParts";
  }
  if (query.has("versions")) return "ListObjectVersions";
  if (query.has("encryption")) return `${verb(method)}BucketEncryption`;
  if (method === "DELETE" && query.has("versionId")) return "DeleteObject of a version";
  if (query.has("notification")) return `${verb(method)}BucketNotificationConfiguration`;
  if (method === "PUT" && level === "object" && headers["x-amz-copy-source"] !== undefined) {
    return "CopyObject";
  }
  return PLAIN[`${method} ${level}`] ?? `${method} ${level}`;
}

function verb(method: string): string {
  return method === "GET" ? "Get" : "Put";
}
