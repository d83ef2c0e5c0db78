import type { Answer } from "@imagefleet/core/deliver";

/** An HTTP response whose body is known as a whole before its first byte. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What decides how an answer is sent. */
export interface HttpRequest {
  readonly method: string;
  readonly ifNoneMatch?: string | undefined;
}

/** The response to a request that `deliver` has answered. */
export function responseOf(answer: Answer, { method, ifNoneMatch }: HttpRequest): HttpResponse {
  const whole = wholeOf(answer);
  if (answer.status === 200 && isNamed(answer.etag, ifNoneMatch)) {
    const { "Content-Type": _type, "Content-Length": _length, ...headers } = whole.headers;
    return { status: 304, headers, body: NOTHING };
  }
  return method === "HEAD" ? { ...whole, body: NOTHING } : whole;
}

/** The response to a request that cannot be one for a rendition. */
export function refusal(status: 400 | 405): HttpResponse {
  const why = status === 405 ? "use GET or HEAD" : "this is not an event of a function URL";
  return textOf(status, why, {
    "Cache-Control": "no-store",
    ...(status === 405 && { Allow: "GET, HEAD" }),
  });
}

const NOTHING = new Uint8Array();

function wholeOf(answer: Answer): HttpResponse {
  const { status, cacheControl } = answer;
  const headers = { "Cache-Control": cacheControl };
  switch (answer.status) {
    case 200:
      return {
        status,
        headers: {
          ...headers,
          "Content-Type": answer.contentType,
          "Content-Length": String(answer.body.length),
          ...(answer.etag !== undefined && { ETag: answer.etag }),
          // As S3 answers the stored rendition: the edge decides by it how long browsers cache.
          ...(answer.sourceEtag !== undefined && {
            "X-Amz-Meta-Imagefleet-Source-Etag": answer.sourceEtag,
          }),
          ...(answer.substitute && { "X-Imagefleet-Substitute": answer.substitute }),
        },
        body: answer.body,
      };
    case 404:
      return textOf(status, "not found", { ...headers, "X-Imagefleet-Reason": answer.reason });
    case 503:
      // The reason is in the log: it names buckets.
      return textOf(status, "the rendition cannot be made now", {
        ...headers,
        "Retry-After": String(answer.retryAfterSeconds),
      });
  }
}

function textOf(status: number, text: string, headers: Record<string, string>): HttpResponse {
  const body = Buffer.from(`${text}\n`);
  const content = { "Content-Type": "text/plain", "Content-Length": String(body.length) };
  return { status, headers: { ...headers, ...content }, body };
}

/** Whether `If-None-Match` lists the ETag of a stored rendition. `*` does not. */
function isNamed(etag: string | undefined, ifNoneMatch: string | undefined): boolean {
  if (etag === undefined || ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
}
