import { hash, timingSafeEqual } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { ACCESS_KEY_IDS, type Credentials } from "../credentials/credentials.ts";
import { Sha256 } from "../credentials/sha256.ts";
import { checkPolicy, isForm, readForm } from "./browser-upload.ts";
import { checkChunks } from "./chunks.ts";
import type { Request } from "./fauxqs.ts";
import { refusal } from "./refusal.ts";
import { MAX_SKEW_MS, optionsOf, signAgain } from "./sign-again.ts";
import {
  algorithm,
  type RequestSignature,
  readRequestSignature,
  readSignature,
  type SignatureFields,
} from "./signature-fields.ts";
import { header, targetOf } from "./target.ts";

/** Checks the body after it has been read. */
type CheckBody = (body: Buffer) => void | Promise<void>;

const unsignedPayloads = ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"];
const signedChunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

/**
 * Checks Signature Version 4 as S3 and SQS do: the SDK's own signer signs the received request again.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export class Authority {
  readonly #s3: SignatureV4;
  readonly #others: SignatureV4;
  readonly #checks = new WeakMap<Request, CheckBody>();

  constructor(credentials: Credentials) {
    // The region of the scope replaces it.
    const signing = { credentials, region: "", sha256: Sha256, applyChecksum: false };
    // Only S3 encodes a path once.
    this.#s3 = new SignatureV4({ ...signing, service: "s3", uriEscapePath: false });
    this.#others = new SignatureV4({ ...signing, service: "sqs" });
  }

  /**
   * Checks what does not need the body, so that an unsigned request cannot fill the memory.
   *
   * @throws S3Error, SqsError with AWS's code
   */
  async checkHead(request: Request): Promise<void> {
    const isS3 = !isRootPost(request);
    const target = targetOf(request);
    const fields = readRequestSignature(request, target.query);
    if (fields === undefined) {
      if (!isS3 || request.method !== "POST" || !isForm(request)) throw refusal("missing", isS3);
      this.#checks.set(request, (body) => this.#checkForm(request, target.bucket, body));
      return;
    }
    if (fields === "unreadable") throw refusal("malformed", isS3);
    checkScope(fields, isS3);
    checkTime(fields, isS3);
    checkSignedHeaders(request, fields, isS3);
    const payload = header(request, "x-amz-content-sha256") ?? target.query["X-Amz-Content-Sha256"];
    if (payload !== undefined) {
      await this.#check(request, fields, payload, isS3);
      this.#checks.set(request, this.#bodyCheck(payload, fields, isS3));
    } else if (isS3) {
      // A presigned URL is signed before the body is known.
      if (fields.expires === undefined) throw refusal("noBodyHash", isS3);
      await this.#check(request, fields, "UNSIGNED-PAYLOAD", isS3);
    } else {
      this.#checks.set(request, (body) => this.#check(request, fields, sha256(body), isS3));
    }
  }

  /** @throws S3Error, SqsError with AWS's code */
  async checkBody(request: Request): Promise<void> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await this.#checks.get(request)?.(body);
  }

  #bodyCheck(payload: string, fields: SignatureFields, isS3: boolean): CheckBody {
    if (/^[0-9a-f]{64}$/.test(payload)) {
      return (body) => {
        if (sha256(body) !== payload) throw refusal("body", isS3);
      };
    }
    if (isS3 && unsignedPayloads.includes(payload)) return () => {};
    if (isS3 && (payload === signedChunks || payload === `${signedChunks}-TRAILER`)) {
      const sign = (text: string) => this.#s3.sign(text, optionsOf(fields));
      return (body) => checkChunks(body, fields, sign);
    }
    throw refusal("bodyHash", isS3);
  }

  async #check(
    request: Request,
    fields: RequestSignature,
    payload: string,
    isS3: boolean,
  ): Promise<void> {
    const signer = isS3 ? this.#s3 : this.#others;
    compare(await signAgain(signer, request, fields, payload), fields, isS3);
  }

  /** A browser upload signs its policy and must conform to it. */
  async #checkForm(request: Request, bucket: string, body: Buffer): Promise<void> {
    const form = readForm(header(request, "content-type"), body);
    const field = (name: string) => form?.fields.get(name) ?? "";
    if (form === undefined || field("policy") === "") throw refusal("missing", true);
    const fields = readSignature({
      credential: field("x-amz-credential"),
      date: field("x-amz-date"),
      signature: field("x-amz-signature"),
      token: form.fields.get("x-amz-security-token"),
    });
    if (fields === undefined || field("x-amz-algorithm") !== algorithm) {
      throw refusal("malformed", true);
    }
    checkScope(fields, true);
    compare(await this.#s3.sign(field("policy"), optionsOf(fields)), fields, true);
    checkPolicy(form, bucket);
  }
}

function checkScope(fields: SignatureFields, isS3: boolean): void {
  const isKnown = ACCESS_KEY_IDS.some((id) => id === fields.accessKeyId);
  if (!isKnown) throw refusal("unknownKey", isS3);
  if (fields.token !== undefined) throw refusal("token", isS3);
  const services = isS3 ? ["s3"] : ["sqs", "sts"];
  if (!services.includes(fields.service)) throw refusal("malformed", isS3);
}

function checkTime({ at, expires }: RequestSignature, isS3: boolean): void {
  // Rejected clients set their clock by the Date header of the response, which is this clock.
  const now = new Date();
  const age = now.getTime() - at.getTime();
  if (expires === undefined) {
    if (Math.abs(age) > MAX_SKEW_MS) throw refusal("skewed", isS3);
  } else if (age >= expires * 1000) throw refusal("expired", isS3);
  else if (age < -MAX_SKEW_MS) throw refusal("skewed", isS3);
}

function checkSignedHeaders(
  request: Request,
  { signedHeaders }: RequestSignature,
  isS3: boolean,
): void {
  const mustBe = [
    "host",
    ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-")),
  ];
  const isComplete = mustBe.every((name) => signedHeaders.includes(name));
  if (!isComplete) throw refusal("unsignedHeaders", isS3);
}

function compare(expected: string, { signature }: SignatureFields, isS3: boolean): void {
  const [a, b] = [Buffer.from(expected), Buffer.from(signature)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw refusal("mismatch", isS3);
}

/** SQS and STS requests. */
function isRootPost(request: Request): boolean {
  return request.url === "/" && request.method === "POST";
}

function sha256(body: Buffer): string {
  return hash("sha256", body, "hex");
}
