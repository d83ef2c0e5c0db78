import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from "aws-lambda";
import type { JWTPayload } from "jose";
import { PortTaken } from "../aws/index.ts";
import {
  bodyOf,
  eventOf,
  type InvokeResult,
  type LocalFunction,
  writeReturned,
} from "../function/index.ts";
import { type Match, matchRoute } from "./routes.ts";
import { Throttle } from "./throttle.ts";
import { TokenRefused, Tokens } from "./tokens.ts";

export interface ApiOptions {
  readonly fn: LocalFunction;
  /** `POST /uploads/{id}/parts`; all of them need a token. */
  readonly routes: readonly string[];
  /** Where the key of the tokens is kept. */
  readonly dataDir: string;
  /** Origins whose pages may use the API. */
  readonly corsOrigins: readonly string[];
  /** Default: 50, with bursts of the double. */
  readonly requestsPerSecond?: number;
  /** Default: 30 s, the most that an HTTP API waits for its integration. */
  readonly timeoutMs?: number;
  /** ms since the epoch */
  readonly now?: () => number;
  /** Default: a free one. */
  readonly port?: number;
}

/** API Gateway on this machine: an HTTP API with a JWT authorizer and one Lambda function. */
export interface Api {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** A token of a user that this API accepts for 24 hours. */
  developmentToken(user: string): Promise<string>;
  /** Ends the server and its connections. The function goes on. */
  close(): Promise<void>;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_BODY_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 10_240;

/** The CORS configuration of the fleet's API. */
const CORS = {
  "access-control-allow-methods": "DELETE,GET,POST",
  "access-control-allow-headers": "authorization,content-type,idempotency-key",
  "access-control-max-age": "3600",
};
const EXPOSED = "retry-after";

/**
 * Serves a function by HTTP as an HTTP API of API Gateway serves it, with the payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * A function that throws, ends or times out is a 500, as in
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html.
 * Where AWS documents no status, it is the one that users report: 503 for an integration that takes too
 * long (https://github.com/anomalyco/sst/issues/2232, https://github.com/serverless/serverless/issues/11222),
 * also while the function has no environment left.
 *
 * @throws PortTaken
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const tokens = new Tokens(options.dataDir);
  const { now = Date.now, requestsPerSecond = 50 } = options;
  const throttle = new Throttle(requestsPerSecond, 2 * requestsPerSecond, now());
  let active = 0;

  const invoke = async (event: object): Promise<InvokeResult> => {
    const { fn, timeoutMs = TIMEOUT_MS } = options;
    // Reserved concurrency: Lambda throttles, it does not queue.
    if (active >= fn.maximumConcurrency) throw new Refusal(503, "Service Unavailable");
    active += 1;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Refusal(503, "Service Unavailable")), timeoutMs);
    });
    const done = fn.invoke(event).finally(() => {
      active -= 1;
    });
    return Promise.race([done, late]).finally(() => clearTimeout(timer));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = request;
    const { origin } = headers;
    const isAllowed = origin !== undefined && options.corsOrigins.includes(origin);
    // Of the API itself, before any route or authorizer.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    if (method === "OPTIONS" && "access-control-request-method" in headers) {
      response.writeHead(204, isAllowed ? { ...CORS, "access-control-allow-origin": origin } : {});
      response.end();
      return;
    }
    if (isAllowed) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", EXPOSED);
    }
    if (!throttle.take(now())) throw new Refusal(429, "Too Many Requests");
    const [path = "/"] = url.split("?", 1);
    const match = routeOf(options.routes, method, path);
    if (match === undefined) throw new Refusal(404, "Not Found");
    const claims = await claimsOf(tokens, headers.authorization);
    const body = await bodyOf(request, MOST_BODY_BYTES);
    if (body === undefined) throw new Refusal(413, "Request Entity Too Large");
    const result = await invoke(httpEventOf(request, body, path, match, claims));
    if (result.kind !== "returned") throw new Refusal(500, "Internal Server Error");
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html: the function's
    // own are ignored.
    writeReturned(response, result.payload, (name) => !name.startsWith("access-control-"));
  };

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Otherwise the client's connection has ended, or the function is stopped.
      if (error instanceof Refusal) error.write(response);
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const isTaken = "code" in cause && cause.code === "EADDRINUSE";
      reject(isTaken ? new PortTaken(options.port ?? 0) : cause);
    });
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${Object(server.address()).port}`,
    developmentToken: (user) => tokens.sign(user),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What the API answers itself. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  write(response: ServerResponse): void {
    response.writeHead(this.status, { ...this.headers, "content-type": "application/json" });
    response.end(JSON.stringify({ message: this.message }));
  }
}

function routeOf(routes: readonly string[], method: string, path: string): Match | undefined {
  try {
    return matchRoute(routes, method, path);
  } catch (error) {
    if (error instanceof URIError) throw new Refusal(400, "Bad Request");
    throw error;
  }
}

/**
 * @throws Refusal with the header that
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html shows
 */
async function claimsOf(tokens: Tokens, authorization: string | undefined): Promise<JWTPayload> {
  if (authorization === undefined) {
    throw new Refusal(401, "Unauthorized", { "www-authenticate": "Bearer" });
  }
  try {
    return await tokens.verify(authorization);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    const why = `Bearer scope="" error="invalid_token" error_description="${error.message}"`;
    throw new Refusal(401, "Unauthorized", { "www-authenticate": why });
  }
}

/**
 * An HTTP API decodes the path, and ends it at a `?` that was encoded.
 * https://github.com/hotsock/voker/pull/8
 */
function httpEventOf(
  request: IncomingMessage,
  body: Buffer,
  sent: string,
  { routeKey, parameters }: Match,
  claims: JWTPayload,
): APIGatewayProxyEventV2WithJWTAuthorizer {
  const event = eventOf(request, body);
  const { socket } = request;
  const [path = "/"] = decodeURIComponent(sent).split("?", 1);
  const { requestContext } = event;
  return {
    ...event,
    routeKey,
    rawPath: path,
    headers: {
      ...event.headers,
      "x-forwarded-for": socket.remoteAddress ?? "",
      "x-forwarded-port": String(socket.localPort),
      "x-forwarded-proto": "http",
    },
    ...(Object.keys(parameters).length > 0 && { pathParameters: { ...parameters } }),
    requestContext: {
      ...requestContext,
      routeKey,
      http: { ...requestContext.http, path },
      authorizer: {
        principalId: "",
        integrationLatency: 0,
        jwt: { claims: textsOf(claims), scopes: [] },
      },
    },
  };
}

/** All claims are text; of a list, in brackets. */
function textsOf(claims: JWTPayload): Record<string, string> {
  const texts = Object.entries(claims).map(([name, value]) => {
    return [name, Array.isArray(value) ? `[${value.join(" ")}]` : String(value)];
  });
  return Object.fromEntries(texts);
}
