import { hash, timingSafeEqual } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { ACCESS_KEY_IDS, type Credentials } from "../credentials/credentials.ts";
import { Sha256 } from "../credentials/sha256.ts";
import { checkPolicy, isForm, readForm } from "./browser-upload.ts";
import { checkChunks } from "./chunks.ts";
import type { Request } from "./fauxqs.ts";
import { refusal } from "./refusal.ts";
import { type Service, SIGNED_FOR, serviceOf } from "./service.ts";
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
 * Checks Signature Version 4 as AWS does: the SDK's own signer signs the received request again.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export class Authority {
  readonly #credentials: Credentials;
  readonly #checks = new WeakMap<Request, CheckBody>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /**
   * Checks what does not need the body, so that an unsigned request cannot fill the memory.
   *
   * @throws S3Error, SqsError, SnsError, DynamoError with AWS's code
   */
  async checkHead(request: Request): Promise<void> {
    const service = serviceOf(request);
    const target = targetOf(request);
    const fields = readRequestSignature(request, target.query);
    if (fields === undefined) {
      if (service !== "s3" || request.method !== "POST" || !isForm(request))
        throw refusal("missing", service);
      this.#checks.set(request, (body) => this.#checkForm(request, target.bucket, body));
      return;
    }
    if (fields === "unreadable") throw refusal("malformed", service);
    checkScope(fields, service);
    checkTime(fields, service);
    checkSignedHeaders(request, fields, service);
    const payload = header(request, "x-amz-content-sha256") ?? target.query["X-Amz-Content-Sha256"];
    if (payload !== undefined) {
      await this.#check(request, fields, payload, service);
      this.#checks.set(request, this.#bodyCheck(payload, fields, service));
    } else if (service === "s3") {
      // A presigned URL is signed before the body is known.
      if (fields.expires === undefined) throw refusal("noBodyHash", service);
      await this.#check(request, fields, "UNSIGNED-PAYLOAD", service);
    } else {
      this.#checks.set(request, (body) => this.#check(request, fields, sha256(body), service));
    }
  }

  /** @throws S3Error, SqsError, SnsError, DynamoError with AWS's code */
  async checkBody(request: Request): Promise<void> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await this.#checks.get(request)?.(body);
  }

  #bodyCheck(payload: string, fields: SignatureFields, service: Service): CheckBody {
    if (/^[0-9a-f]{64}$/.test(payload)) {
      return (body) => {
        if (sha256(body) !== payload) throw refusal("body", service);
      };
    }
    if (service === "s3" && unsignedPayloads.includes(payload)) return () => {};
    if (service === "s3" && (payload === signedChunks || payload === `${signedChunks}-TRAILER`)) {
      const sign = (text: string) => this.#signer(fields, "s3").sign(text, optionsOf(fields));
      return (body) => checkChunks(body, fields, sign);
    }
    throw refusal("bodyHash", service);
  }

  async #check(
    request: Request,
    fields: RequestSignature,
    payload: string,
    service: Service,
  ): Promise<void> {
    const signer = this.#signer(fields, service);
    compare(await signAgain(signer, request, fields, payload), fields, service);
  }

  /** The signer of the key that the request names: its id is in the query of a presigned URL. */
  #signer({ accessKeyId }: SignatureFields, service: Service): SignatureV4 {
    return new SignatureV4({
      credentials: { ...this.#credentials, accessKeyId },
      // Region and service of the scope replace these.
      region: "",
      service,
      sha256: Sha256,
      applyChecksum: false,
      // Only S3 encodes a path once.
      uriEscapePath: service !== "s3",
    });
  }

  /** A browser upload signs its policy and must conform to it. */
  async #checkForm(request: Request, bucket: string, body: Buffer): Promise<void> {
    const form = readForm(header(request, "content-type"), body);
    const field = (name: string) => form?.fields.get(name) ?? "";
    if (form === undefined || field("policy") === "") throw refusal("missing", "s3");
    const fields = readSignature({
      credential: field("x-amz-credential"),
      date: field("x-amz-date"),
      signature: field("x-amz-signature"),
      token: form.fields.get("x-amz-security-token"),
    });
    if (fields === undefined || field("x-amz-algorithm") !== algorithm) {
      throw refusal("malformed", "s3");
    }
    checkScope(fields, "s3");
    const signer = this.#signer(fields, "s3");
    compare(await signer.sign(field("policy"), optionsOf(fields)), fields, "s3");
    checkPolicy(form, bucket);
  }
}

function checkScope(fields: SignatureFields, service: Service): void {
  const isKnown = ACCESS_KEY_IDS.some((id) => id === fields.accessKeyId);
  if (!isKnown) throw refusal("unknownKey", service);
  if (fields.token !== undefined) throw refusal("token", service);
  if (!SIGNED_FOR[service].includes(fields.service)) throw refusal("malformed", service);
}

function checkTime({ at, expires }: RequestSignature, service: Service): void {
  // Rejected clients set their clock by the Date header of the response, which is this clock.
  const now = new Date();
  const age = now.getTime() - at.getTime();
  if (expires === undefined) {
    if (Math.abs(age) > MAX_SKEW_MS) throw refusal("skewed", service);
  } else if (age >= expires * 1000) throw refusal("expired", service);
  else if (age < -MAX_SKEW_MS) throw refusal("skewed", service);
}

function checkSignedHeaders(
  request: Request,
  { signedHeaders }: RequestSignature,
  service: Service,
): void {
  const mustBe = [
    "host",
    ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-")),
  ];
  const isComplete = mustBe.every((name) => signedHeaders.includes(name));
  if (!isComplete) throw refusal("unsignedHeaders", service);
}

function compare(expected: string, { signature }: SignatureFields, service: Service): void {
  const [a, b] = [Buffer.from(expected), Buffer.from(signature)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw refusal("mismatch", service);
}

function sha256(body: Buffer): string {
  return hash("sha256", body, "hex");
}
