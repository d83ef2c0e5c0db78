import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type KeyValues, loadFunction } from "@imagefleet/edge/run";
import * as v from "valibot";
import { DISTRIBUTION_ID } from "../resources/index.ts";

const value = v.object({ value: v.string() });
const values = v.record(
  v.string(),
  v.object({ ...value.entries, multiValue: v.optional(v.array(value)) }),
);
const requestSchema = v.object({
  method: v.string(),
  uri: v.pipe(v.string(), v.startsWith("/")),
  querystring: values,
  headers: values,
  cookies: values,
});
const responseSchema = v.object({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  statusDescription: v.optional(v.string()),
  headers: v.optional(values, {}),
  body: v.optional(
    v.union([v.string(), v.object({ data: v.string(), encoding: v.picklist(["text", "base64"]) })]),
  ),
});

export type EventRequest = v.InferOutput<typeof requestSchema>;
export type EventResponse = v.InferOutput<typeof responseSchema>;
type Values = v.InferOutput<typeof values>;

/** A function that threw, ran too long or returned what CloudFront refuses. */
export class EdgeFunctionError extends Error {
  override readonly name = "EdgeFunctionError";
  /** What the viewer gets. */
  readonly status: 502 | 503;

  constructor(status: 502 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Headers that functions neither see nor may add: a response with one of them is answered as 502.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-disallowed-headers
 */
const DISALLOWED =
  /^(connection|expect|keep-alive|proxy-(authenticate|authorization|connection)|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-(auth|cf-.*|errortype|fle-profile|header-count|header-order|lambda-integration-tag|requestid)|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

/**
 * A CloudFront Function. The event has version 1.0. CloudFront ends a call that uses more than about 1 ms
 * of CPU time; here it may take any time, as what `compileEdge` writes always ends.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
export class EdgeFunction {
  readonly #type: "viewer-request" | "viewer-response";
  readonly #call: (event: string) => Promise<unknown>;

  /**
   * @param values the key value store that is associated with it
   * @throws SyntaxError for code that cannot be parsed
   */
  constructor(type: "viewer-request" | "viewer-response", code: string, values: KeyValues) {
    this.#type = type;
    this.#call = loadFunction(code, values);
  }

  /** @throws EdgeFunctionError */
  async request(
    viewer: { ip: string },
    request: EventRequest,
  ): Promise<EventRequest | EventResponse> {
    const returned = await this.#run(viewer, { request });
    const parsed = v.safeParse(v.union([requestSchema, responseSchema]), returned);
    if (!parsed.success) throw new EdgeFunctionError(503, "it returned no request or response");
    // The method is read only.
    if ("uri" in parsed.output) return { ...parsed.output, method: request.method };
    return checked(parsed.output);
  }

  /** @throws EdgeFunctionError */
  async response(
    viewer: { ip: string },
    request: EventRequest,
    response: EventResponse & { cookies: Values },
  ): Promise<EventResponse> {
    const parsed = v.safeParse(responseSchema, await this.#run(viewer, { request, response }));
    if (!parsed.success) throw new EdgeFunctionError(503, "it returned no response");
    return checked(parsed.output);
  }

  async #run(viewer: { ip: string }, messages: object): Promise<unknown> {
    const context = {
      distributionDomainName: "local.cloudfront.net",
      distributionId: DISTRIBUTION_ID,
      eventType: this.#type,
      requestId: randomUUID(),
    };
    const event = JSON.stringify({ version: "1.0", context, viewer, ...messages });
    try {
      const returned = await this.#call(event);
      return typeof returned === "string" ? JSON.parse(returned) : undefined;
    } catch (error) {
      // An error of the function's own realm is no instance of this one's Error.
      throw new EdgeFunctionError(503, String(error));
    }
  }
}

function checked(response: EventResponse): EventResponse {
  const wrong = Object.keys(response.headers).find((name) => DISALLOWED.test(name));
  if (wrong === undefined) return response;
  throw new EdgeFunctionError(502, `it added the header ${wrong}`);
}

/** The event's request: nothing is decoded, and what is there twice has all its values. */
export function eventRequestOf({
  method = "GET",
  url = "/",
  rawHeaders,
}: IncomingMessage): EventRequest {
  const at = url.indexOf("?");
  const query = at < 0 ? [] : url.slice(at + 1).split("&");
  const pairs = query.filter((each) => each !== "").map((each) => split(each, "="));
  const headers = rawHeaders.flatMap((name, index, all): [string, string][] =>
    index % 2 === 0 ? [[name.toLowerCase(), all[index + 1] ?? ""]] : [],
  );
  const cookies = headers.filter(([name]) => name === "cookie");
  return {
    method,
    uri: at < 0 ? url : url.slice(0, at),
    querystring: grouped(pairs),
    headers: grouped(headers.filter(([name]) => name !== "cookie" && !DISALLOWED.test(name))),
    cookies: grouped(
      cookies.flatMap(([, line]) => line.split("; ")).map((each) => split(each, "=")),
    ),
  };
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function grouped(pairs: readonly [string, string][]): Values {
  const groups = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries(
    [...groups].map(([name, same]) => {
      const multiValue = same.map(([, each]) => ({ value: each }));
      const [first = { value: "" }] = multiValue;
      return [name, same.length === 1 ? first : { ...first, multiValue }];
    }),
  );
}

/** Headers as an event has them, without those that functions do not see. */
export function eventHeaders(headers: Readonly<Record<string, string>>): Values {
  return grouped(Object.entries(headers).filter(([name]) => !DISALLOWED.test(name)));
}
