import type { SignatureV4 } from "@smithy/signature-v4";
import type { Request } from "./fauxqs.ts";
import type { RequestSignature, SignatureFields } from "./signature-fields.ts";
import { decodePercents, header } from "./target.ts";

/** How much the clocks of a client and AWS may differ. */
export const MAX_SKEW_MS = 15 * 60_000;

/** What is signed of a request, besides its body. */
export type Received = Pick<Request, "method" | "originalUrl" | "query" | "headers">;

/** The query parameters of the signature, which are not signed themselves. */
const signatureParameters = new Set(
  "Algorithm Credential Date Expires SignedHeaders Signature Security-Token"
    .split(" ")
    .map((name) => `X-Amz-${name}`),
);

/**
 * The signature that a received request must have.
 *
 * @param payload the hash of the body, or what is signed in its place
 */
export async function signAgain(
  signer: SignatureV4,
  request: Received,
  fields: RequestSignature,
  payload: string,
): Promise<string> {
  const again = requestOf(request, fields, payload);
  const signableHeaders = new Set(fields.signedHeaders);
  // It determines the body hash that is signed. It is signed as a header only if the client signed it.
  const outside = new Set(["x-amz-content-sha256"].filter((name) => !signableHeaders.has(name)));
  const options = { ...optionsOf(fields), signableHeaders, unsignableHeaders: outside };
  if (fields.expires === undefined) {
    const signed = await signer.sign(again, options);
    const [, signature = ""] = /Signature=(.*)$/.exec(signed.headers["authorization"] ?? "") ?? [];
    return signature;
  }
  const presigning = { ...options, expiresIn: fields.expires };
  const unhoistableHeaders = new Set(Object.keys(again.headers));
  const signed = await signer.presign(again, { ...presigning, unhoistableHeaders });
  return String(signed.query?.["X-Amz-Signature"]);
}

/** The received request as it was before signing: the signed headers and the query without its signature. */
function requestOf(request: Received, { signedHeaders }: RequestSignature, payload: string) {
  const headers: Record<string, string> = {};
  for (const name of signedHeaders) {
    const value = name === "host" ? signedHost(request) : request.headers[name];
    headers[name] = Array.isArray(value) ? value.join(",") : (value ?? "");
  }
  headers["x-amz-content-sha256"] = payload;
  const parameters: [string, string | string[]][] = Object.entries(Object(request.query));
  const [path = "/"] = request.originalUrl.split("?", 1);
  return {
    method: request.method,
    protocol: "http:",
    hostname: "",
    path: path.split("/").map(encodeOnce).join("/"),
    query: Object.fromEntries(parameters.filter(([name]) => !signatureParameters.has(name))),
    headers,
  };
}

/**
 * A proxy between client and server sends its own Host header, and the signed Host header as
 * X-Forwarded-Host. A client without the secret gains nothing: it is only used to check the signature.
 */
function signedHost(request: Received): string | undefined {
  return header(request, "x-forwarded-host") ?? header(request, "host");
}

/** AWS decodes a path and encodes it again, because clients encode different characters. */
function encodeOnce(segment: string): string {
  return encodeURIComponent(decodePercents(segment))
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/");
}

export function optionsOf({ at, region, service }: SignatureFields) {
  return { signingDate: at, signingRegion: region, signingService: service };
}
