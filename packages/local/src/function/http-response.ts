import type { ServerResponse } from "node:http";
import * as v from "valibot";

const headers = v.optional(
  v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  {},
);

/** Status, headers and cookies of a function's response. */
export const preludeSchema = v.object({
  statusCode: v.optional(v.number(), 200),
  headers,
  cookies: v.optional(v.array(v.string()), []),
});

const returnedSchema = v.object({
  ...preludeSchema.entries,
  statusCode: v.number(),
  body: v.optional(v.string(), ""),
  isBase64Encoded: v.optional(v.boolean(), false),
});

export function writeHead(
  response: ServerResponse,
  { statusCode, headers: given, cookies }: v.InferOutput<typeof preludeSchema>,
): void {
  const sent = Object.entries(given).map(([name, value]) => [remapped(name), String(value)]);
  const content = { "content-type": "application/json", ...Object.fromEntries(sent) };
  response.writeHead(statusCode, {
    ...content,
    ...(cookies.length > 0 && { "set-cookie": cookies }),
  });
}

/**
 * A stream is answered in chunks, whose end is marked, and the header of its length has another name.
 * https://github.com/cargo-lambda/cargo-lambda/issues/862
 */
function remapped(name: string): string {
  const lower = name.toLowerCase();
  return lower === "content-length" ? `x-amzn-remapped-${lower}` : lower;
}

/**
 * The response of a handler that returns: as it says, or its JSON.
 *
 * @param isKept whether one of its headers is sent, by the name in lower case
 */
export function writeReturned(
  response: ServerResponse,
  payload: unknown,
  isKept: (name: string) => boolean = () => true,
): void {
  const returned = v.safeParse(returnedSchema, payload);
  if (returned.success) {
    const { body, isBase64Encoded, headers: given } = returned.output;
    const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
    const kept = Object.entries(given).filter(([name]) => isKept(name.toLowerCase()));
    writeHead(response, { ...returned.output, headers: Object.fromEntries(kept) });
    response.end(bytes);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(payload));
}
