import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { LambdaFunctionURLEvent } from "aws-lambda";

/** Undefined if it has more bytes than a request may have. */
export async function bodyOf(
  request: IncomingMessage,
  mostBytes: number,
): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes <= mostBytes) parts.push(part);
  }
  return bytes <= mostBytes ? Buffer.concat(parts) : undefined;
}

/** Types of bodies that arrive as text; all others are base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml)\b)/i;

/**
 * The event of a request, in the payload format 2.0. `rawPath` is the path as it was sent: a function
 * URL decodes nothing, unlike an HTTP API (https://github.com/hotsock/voker/pull/8 and
 * https://github.com/middleapi/standard-server/pull/93 show what AWS sends).
 */
export function eventOf(request: IncomingMessage, body: Buffer): LambdaFunctionURLEvent {
  const { method = "GET", url = "/", socket, httpVersion } = request;
  const { cookie, ...others } = request.headers;
  const at = url.indexOf("?");
  const rawPath = at < 0 ? url : url.slice(0, at);
  const rawQueryString = at < 0 ? "" : url.slice(at + 1);
  const now = new Date();
  const given = Object.entries(others).map(([name, value = ""]) => [name, String(value)]);
  const { host = "127.0.0.1", "user-agent": userAgent = "" } = request.headers;
  const isText = TEXT.test(request.headers["content-type"] ?? "");
  const query = [...new URLSearchParams(rawQueryString)];
  const values = Map.groupBy(query, ([name]) => name);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split("; ") }),
    headers: Object.fromEntries(given),
    ...(query.length > 0 && {
      queryStringParameters: Object.fromEntries(
        [...values].map(([name, all]) => [name, all.map(([, value]) => value).join()]),
      ),
    }),
    requestContext: {
      accountId: "anonymous",
      apiId: "local",
      domainName: host,
      domainPrefix: "local",
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${httpVersion}`,
        sourceIp: socket.remoteAddress ?? "",
        userAgent,
      },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}
