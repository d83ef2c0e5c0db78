import type { Request } from "./fauxqs.ts";
import { header } from "./target.ts";

/** The protocols of one port: S3, the JSON of SQS and of DynamoDB, and the forms of SNS and STS. */
export type Service = "s3" | "sqs" | "dynamodb" | "query";

export const DYNAMODB_TARGET = "DynamoDB_20120810.";

/** All but S3 post to "/". */
export function serviceOf(request: Request): Service {
  if (request.url !== "/" || request.method !== "POST") return "s3";
  if (header(request, "x-amz-target")?.startsWith(DYNAMODB_TARGET) === true) return "dynamodb";
  const isJson = header(request, "content-type")?.includes("x-amz-json-1.0") === true;
  return isJson ? "sqs" : "query";
}

/** The services for which such a request may be signed. */
export const SIGNED_FOR: Readonly<Record<Service, readonly string[]>> = {
  s3: ["s3"],
  sqs: ["sqs"],
  dynamodb: ["dynamodb"],
  query: ["sns", "sts"],
};
