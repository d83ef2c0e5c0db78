import * as v from "valibot";
import { type Request, S3Error } from "./fauxqs.ts";

/** The bucket and key of an S3 request. An empty key means the bucket, an empty bucket the account. */
export type Target = { bucket: string; key: string; query: Record<string, string> };

const Query = v.record(
  v.string(),
  // A repeated parameter is a list; S3 uses the first value.
  v.pipe(
    v.union([v.string(), v.array(v.string())]),
    v.transform((value) => (typeof value === "string" ? value : (value[0] ?? ""))),
  ),
);

export function targetOf(request: Request): Target {
  const [path = "/"] = request.url.split("?", 1);
  const slash = path.indexOf("/", 1);
  const [bucket, key] =
    slash < 0 ? [path.slice(1), ""] : [path.slice(1, slash), path.slice(slash + 1)];
  return {
    bucket: decodePercents(bucket),
    key: decodePercents(key),
    query: v.parse(Query, { ...Object(request.query) }),
  };
}

/** @throws S3Error InvalidURI (400) */
export function decodePercents(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.", 400);
  }
}

/** The header's value or undefined; the first value of a repeated header. */
export function header(request: Pick<Request, "headers">, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * Encodes a key as in S3's events and, with encoding-type=url, listings: form encoding (a space is
 * `+`) without `/` and `*-._`.
 */
export function formEncode(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
}
