import { hash } from "node:crypto";
import { S3Error } from "./fauxqs.ts";
import { refusal } from "./refusal.ts";
import type { SignatureFields } from "./signature-fields.ts";

const empty = hash("sha256", "");

/**
 * Checks a body that is signed in chunks, each with the signature of the previous chunk, and its trailing
 * checksums: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 *
 * @param sign signs a text with the key of the signed's scope
 * @throws S3Error IncompleteBody (400), SignatureDoesNotMatch (403)
 */
export async function checkChunks(
  body: Buffer,
  { date, scope, signature }: SignatureFields,
  sign: (text: string) => Promise<string>,
): Promise<void> {
  let [previous, at] = [signature, 0];
  const check = async (kind: string, content: string[], given: string) => {
    const text = [`AWS4-HMAC-SHA256-${kind}`, date, scope, previous, ...content].join("\n");
    if ((await sign(text)) !== given) throw refusal("mismatch", "s3");
    previous = given;
  };
  for (let last = false; !last; ) {
    const lineEnd = body.indexOf("\r\n", at);
    const line = lineEnd < 0 ? "" : body.toString("latin1", at, lineEnd);
    const [, digits, given] = /^([0-9a-f]{1,8});chunk-signature=([0-9a-f]{64})$/i.exec(line) ?? [];
    if (digits === undefined || given === undefined) throw incomplete();
    const length = Number.parseInt(digits, 16);
    const [start, end] = [lineEnd + 2, lineEnd + 2 + length];
    last = length === 0;
    if (!last && body.toString("latin1", end, end + 2) !== "\r\n") throw incomplete();
    await check("PAYLOAD", [empty, hash("sha256", body.subarray(start, end))], given);
    at = last ? start : end + 2;
  }
  const trailers = body
    .toString("latin1", at)
    .split("\r\n")
    .filter((line) => line !== "");
  if (trailers.length === 0) return;
  const [, given] = /^x-amz-trailer-signature:([0-9a-f]{64})$/.exec(trailers.pop() ?? "") ?? [];
  if (given === undefined) throw incomplete();
  const signed = trailers.map((line) => `${line}\n`).join("");
  await check("TRAILER", [hash("sha256", signed)], given);
}

function incomplete(): Error {
  return new S3Error("IncompleteBody", "The request body terminated unexpectedly", 400);
}
