import type { IncomingMessage, ServerResponse } from "node:http";
import type { Call } from "./call.ts";
import type { FaultKind } from "./fault.ts";

type Refusal =
  | Extract<FaultKind, "InternalError" | "SlowDown" | "TooManyRequests">
  | "AccessDenied";

/** SQS has words of its own for the same. */
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

/** Answers as a server that does not do what it is asked. */
export function refuse(
  call: Call,
  refusal: Refusal,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // Read to the end: a client that is still writing would see a reset instead.
  request.resume();
  const message = "Refused by the fault proxy";
  if (call.service === "sqs") {
    const body = { __type: `com.amazonaws.sqs#${SQS_CODE[refusal]}`, message };
    respond(response, STATUS[refusal], "application/x-amz-json-1.0", JSON.stringify(body));
    return;
  }
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${refusal}</Code><Message>${message}</Message></Error>`;
  const body = request.method === "HEAD" ? "" : xml;
  respond(response, STATUS[refusal], "application/xml", body);
}

/** Answers an SQS call in the server's place. */
export function answer(json: object, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  respond(response, 200, "application/x-amz-json-1.0", JSON.stringify(json));
}

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
