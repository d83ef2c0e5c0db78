import type { IncomingMessage, ServerResponse } from "node:http";
import type { Call } from "./call.ts";
import type { FaultKind } from "./fault.ts";

type Refusal =
  | Extract<FaultKind, "InternalError" | "SlowDown" | "TooManyRequests">
  | "AccessDenied";

/** SQS's codes of the same errors. */
const STATUS = {
  InternalError: 500,
  SlowDown: 503,
  TooManyRequests: 429,
  AccessDenied: 403,
} as const;
const SQS_CODE = {
  InternalError: "InternalFailure",
  SlowDown: "ServiceUnavailable",
  TooManyRequests: "RequestThrottled",
  AccessDenied: "AccessDenied",
} as const;

/** Responds as a server that rejects a request. */
export function refuse(
  call: Call,
  refusal: Refusal,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // The body is read to its end: a client that is still writing would get a reset instead.
  request.resume();
  const message = "Rejected by the fault proxy";
  if (call.service === "sqs") {
    const body = { __type: `com.amazonaws.sqs#${SQS_CODE[refusal]}`, message };
    respond(response, STATUS[refusal], "application/x-amz-json-1.0", JSON.stringify(body));
    return;
  }
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${refusal}</Code><Message>${message}</Message></Error>`;
  const body = request.method === "HEAD" ? "" : xml;
  respond(response, STATUS[refusal], "application/xml", body);
}

/** Responds to an SQS call instead of the server. */
export function answer(json: object, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  respond(response, 200, "application/x-amz-json-1.0", JSON.stringify(json));
}

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
