import type { IncomingMessage, ServerResponse } from "node:http";
import type { Call } from "./call.ts";
import type { FaultKind } from "./fault.ts";

type Refusal =
  | Extract<FaultKind, "InternalError" | "SlowDown" | "TooManyRequests">
  | "AccessDenied";

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** How a service names an error, and the HTTP status. */
type Answers = Readonly<Record<Refusal, readonly [code: string, status: number]>>;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const S3: Answers = {
  InternalError: ["InternalError", 500],
  SlowDown: ["SlowDown", 503],
  TooManyRequests: ["TooManyRequests", 429],
  AccessDenied: ["AccessDenied", 403],
};

/** The codes of the same errors in SQS's JSON protocol. */
const SQS: Answers = {
  InternalError: ["com.amazonaws.sqs#InternalFailure", 500],
  SlowDown: ["com.amazonaws.sqs#ServiceUnavailable", 503],
  TooManyRequests: ["com.amazonaws.sqs#RequestThrottled", 429],
  AccessDenied: ["com.amazonaws.sqs#AccessDenied", 403],
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const DYNAMODB: Answers = {
  InternalError: ["com.amazonaws.dynamodb.v20120810#InternalServerError", 500],
  SlowDown: ["com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", 400],
  TooManyRequests: ["com.amazonaws.dynamodb.v20120810#ThrottlingException", 400],
  AccessDenied: ["com.amazonaws.dynamodb.v20120810#AccessDeniedException", 400],
};

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 * https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
 */
const SNS: Answers = {
  InternalError: ["InternalError", 500],
  SlowDown: ["ServiceUnavailable", 503],
  TooManyRequests: ["ThrottlingException", 400],
  AccessDenied: ["AuthorizationError", 403],
};

/** Responds as a server that rejects a request. */
export function refuse(
  { service }: Call,
  refusal: Refusal,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // The body is read to its end: a client that is still writing would get a reset instead.
  request.resume();
  const message = "Rejected by the fault proxy";
  if (service === "s3" || service === "sns") {
    const [code, status] = (service === "s3" ? S3 : SNS)[refusal];
    const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    const wrapped = `<ErrorResponse>${error}<RequestId>0</RequestId></ErrorResponse>`;
    const xml = XML + (service === "s3" ? error : wrapped);
    respond(response, status, "application/xml", request.method === "HEAD" ? "" : xml);
    return;
  }
  const [__type, status] = (service === "dynamodb" ? DYNAMODB : SQS)[refusal];
  const body = JSON.stringify({ __type, message });
  respond(response, status, "application/x-amz-json-1.0", body);
}

/** Responds to a call of a JSON protocol instead of the server. */
export function answer(json: object, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  respond(response, 200, "application/x-amz-json-1.0", JSON.stringify(json));
}

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
