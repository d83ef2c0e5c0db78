import * as v from "valibot";
import type { Request } from "./fauxqs.ts";
import { header } from "./target.ts";

/** The signature fields (Signature Version 4) of a request or a form. */
export type SignatureFields = {
  accessKeyId: string;
  /** As it is signed: `20260131/us-east-1/s3/aws4_request`. */
  scope: string;
  region: string;
  service: string;
  /** As it is signed: `20260131T120000Z`. */
  date: string;
  at: Date;
  /** In hexadecimal digits. */
  signature: string;
  token: string | undefined;
};

/** The signature fields of a request, from its Authorization header or its query. */
export type RequestSignature = SignatureFields & {
  signedHeaders: string[];
  /** The lifetime of a presigned URL in seconds; undefined for a signature in the header. */
  expires: number | undefined;
};

export const algorithm = "AWS4-HMAC-SHA256";

const Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Credential = v.pipe(
  v.string(),
  v.regex(/^[^/]+\/\d{8}\/[\w-]+\/[\w-]+\/aws4_request$/),
  v.transform((text) => {
    const [accessKeyId = "", day = "", region = "", service = ""] = text.split("/");
    return { accessKeyId, day, region, service, scope: text.slice(accessKeyId.length + 1) };
  }),
);
const Stamp = v.pipe(v.string(), v.regex(/^\d{8}T\d{6}Z$/));
const Signed = v.object({
  credential: Credential,
  date: Stamp,
  signature: Hex,
  token: v.optional(v.string()),
});
const Headers = v.pipe(
  v.string(),
  v.regex(/^[!-:<-~]+(;[!-:<-~]+)*$/),
  v.transform((text) => text.split(";")),
);
/** Seven days, as on AWS. */
const Expires = v.pipe(
  v.string(),
  v.regex(/^\d{1,6}$/),
  v.transform(Number),
  v.minValue(1),
  v.maxValue(604_800),
);

/**
 * Parses the signature fields of a form or a request.
 *
 * @returns undefined when a field is missing or invalid
 */
export function readSignature(parts: v.InferInput<typeof Signed>): SignatureFields | undefined {
  const parsed = v.safeParse(Signed, parts);
  if (!parsed.success) return undefined;
  const { credential, date, signature, token } = parsed.output;
  const { day, ...names } = credential;
  const at = new Date(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  if (Number.isNaN(at.getTime()) || !date.startsWith(day)) return undefined;
  return { ...names, date, at, signature, token };
}

/** @returns undefined for an unsigned request, `unreadable` for invalid signature fields */
export function readRequestSignature(
  request: Pick<Request, "headers">,
  query: Record<string, string>,
): RequestSignature | "unreadable" | undefined {
  const authorization = header(request, "authorization");
  const byQuery = Object.keys(query).some((name) =>
    /^(X-Amz-(Algorithm|Signature)|AWSAccessKeyId)$/.test(name),
  );
  if (authorization === undefined && !byQuery) return undefined;
  if (authorization !== undefined && byQuery) return "unreadable";
  return (
    (authorization === undefined ? inQuery(query) : inHeader(request, authorization)) ??
    "unreadable"
  );
}

function inHeader(
  request: Pick<Request, "headers">,
  authorization: string,
): RequestSignature | undefined {
  const [, rest] = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(authorization) ?? [];
  if (rest === undefined) return undefined;
  const parts = new Map(
    rest.split(",").map((part) => {
      const [name = "", ...value] = part.trim().split("=");
      return [name, value.join("=")];
    }),
  );
  return signatureOf(
    {
      credential: parts.get("Credential") ?? "",
      date: header(request, "x-amz-date") ?? "",
      signature: parts.get("Signature") ?? "",
      token: header(request, "x-amz-security-token"),
    },
    parts.get("SignedHeaders"),
    undefined,
  );
}

function inQuery(query: Record<string, string>): RequestSignature | undefined {
  const expires = v.safeParse(Expires, query["X-Amz-Expires"]);
  if (query["X-Amz-Algorithm"] !== algorithm || !expires.success) return undefined;
  return signatureOf(
    {
      credential: query["X-Amz-Credential"] ?? "",
      date: query["X-Amz-Date"] ?? "",
      signature: query["X-Amz-Signature"] ?? "",
      token: query["X-Amz-Security-Token"],
    },
    query["X-Amz-SignedHeaders"],
    expires.output,
  );
}

function signatureOf(
  parts: v.InferInput<typeof Signed>,
  headers: string | undefined,
  expires: number | undefined,
): RequestSignature | undefined {
  const signed = readSignature(parts);
  const signedHeaders = v.safeParse(Headers, headers);
  if (signed === undefined || !signedHeaders.success) return undefined;
  return { ...signed, signedHeaders: signedHeaders.output, expires };
}
