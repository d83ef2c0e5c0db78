import { createHash, createHmac, type Hash, type Hmac, hash, timingSafeEqual } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { ACCESS_KEY_IDS, type Credentials } from "../credentials/credentials.ts";
import { checkPolicy, isForm, readForm } from "./browser-upload.ts";
import { checkChunks } from "./chunks.ts";
import { algorithm, type Claim, type RequestClaim, readClaim, readRequestClaim } from "./claim.ts";
import type { Request } from "./fauxqs.ts";
import { refusal } from "./refusal.ts";
import { decodePercents, header, targetOf } from "./target.ts";

/** What is left to check when the body has been read. */
type CheckBody = (body: Buffer) => void | Promise<void>;

const maxSkewMs = 15 * 60_000;
const unsignedPayloads = ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"];
const signedChunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

/** What a query says of the signature, which is not itself part of what is signed. */
const signatureParameters = new Set(
  "Algorithm Credential Date Expires SignedHeaders Signature Security-Token"
    .split(" ")
    .map((name) => `X-Amz-${name}`),
);

/**
 * Checks Signature Version 4 as S3 and SQS do, by letting the SDK's own signer sign again what came:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export class Authority {
  readonly #s3: SignatureV4;
  readonly #others: SignatureV4;
  readonly #checks = new WeakMap<Request, CheckBody>();

  constructor(credentials: Credentials) {
    // The scope's own region takes its place.
    const signing = { credentials, region: "", sha256: Sha256, applyChecksum: false };
    // S3 alone encodes a path once.
    this.#s3 = new SignatureV4({ ...signing, service: "s3", uriEscapePath: false });
    this.#others = new SignatureV4({ ...signing, service: "sqs" });
  }

  /**
   * Checks what can be checked before the body is read: nobody fills the memory without a signature.
   *
   * @throws S3Error, SqsError as AWS answers
   */
  async checkHead(request: Request): Promise<void> {
    const isS3 = !isRootPost(request);
    const target = targetOf(request);
    const claim = readRequestClaim(request, target.query);
    if (claim === undefined) {
      if (!isS3 || request.method !== "POST" || !isForm(request)) throw refusal("missing", isS3);
      this.#checks.set(request, (body) => this.#checkForm(request, target.bucket, body));
      return;
    }
    if (claim === "unreadable") throw refusal("malformed", isS3);
    checkScope(claim, isS3);
    checkTime(claim, isS3);
    checkSignedHeaders(request, claim, isS3);
    const payload = header(request, "x-amz-content-sha256") ?? target.query["X-Amz-Content-Sha256"];
    if (payload !== undefined) {
      await this.#check(request, claim, payload, isS3);
      this.#checks.set(request, this.#bodyCheck(payload, claim, isS3));
    } else if (isS3) {
      // A presigned URL cannot know what will be sent.
      if (claim.expires === undefined) throw refusal("noBodyHash", isS3);
      await this.#check(request, claim, "UNSIGNED-PAYLOAD", isS3);
    } else {
      this.#checks.set(request, (body) => this.#check(request, claim, sha256(body), isS3));
    }
  }

  /** @throws S3Error, SqsError as AWS answers */
  async checkBody(request: Request): Promise<void> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await this.#checks.get(request)?.(body);
  }

  #bodyCheck(payload: string, claim: Claim, isS3: boolean): CheckBody {
    if (/^[0-9a-f]{64}$/.test(payload)) {
      return (body) => {
        if (sha256(body) !== payload) throw refusal("body", isS3);
      };
    }
    if (isS3 && unsignedPayloads.includes(payload)) return () => {};
    if (isS3 && (payload === signedChunks || payload === `${signedChunks}-TRAILER`)) {
      const sign = (text: string) => this.#s3.sign(text, optionsOf(claim));
      return (body) => checkChunks(body, claim, sign);
    }
    throw refusal("bodyHash", isS3);
  }

  async #check(
    request: Request,
    claim: RequestClaim,
    payload: string,
    isS3: boolean,
  ): Promise<void> {
    const signer = isS3 ? this.#s3 : this.#others;
    const again = requestOf(request, claim, payload);
    const signableHeaders = new Set(claim.signedHeaders);
    // It decides what is signed of the body; as a header it is signed only where it was.
    const outside = new Set(["x-amz-content-sha256"].filter((name) => !signableHeaders.has(name)));
    const options = { ...optionsOf(claim), signableHeaders, unsignableHeaders: outside };
    if (claim.expires === undefined) {
      const signed = await signer.sign(again, options);
      const [, signature = ""] =
        /Signature=(.*)$/.exec(signed.headers["authorization"] ?? "") ?? [];
      return compare(signature, claim, isS3);
    }
    const presigning = { ...options, expiresIn: claim.expires };
    const unhoistableHeaders = new Set(Object.keys(again.headers));
    const signed = await signer.presign(again, { ...presigning, unhoistableHeaders });
    compare(String(signed.query?.["X-Amz-Signature"]), claim, isS3);
  }

  /** A browser's upload signs its policy, and is held to it. */
  async #checkForm(request: Request, bucket: string, body: Buffer): Promise<void> {
    const form = readForm(header(request, "content-type"), body);
    const field = (name: string) => form?.fields.get(name) ?? "";
    if (form === undefined || field("policy") === "") throw refusal("missing", true);
    const claim = readClaim({
      credential: field("x-amz-credential"),
      date: field("x-amz-date"),
      signature: field("x-amz-signature"),
      token: form.fields.get("x-amz-security-token"),
    });
    if (claim === undefined || field("x-amz-algorithm") !== algorithm) {
      throw refusal("malformed", true);
    }
    checkScope(claim, true);
    compare(await this.#s3.sign(field("policy"), optionsOf(claim)), claim, true);
    checkPolicy(form, bucket);
  }
}

function checkScope(claim: Claim, isS3: boolean): void {
  const isKnown = ACCESS_KEY_IDS.some((id) => id === claim.accessKeyId);
  if (!isKnown) throw refusal("unknownKey", isS3);
  if (claim.token !== undefined) throw refusal("token", isS3);
  const services = isS3 ? ["s3"] : ["sqs", "sts"];
  if (!services.includes(claim.service)) throw refusal("malformed", isS3);
}

function checkTime({ at, expires }: RequestClaim, isS3: boolean): void {
  // By the clock of the Date header in every answer, to which clients set theirs when they are refused.
  const now = new Date();
  const age = now.getTime() - at.getTime();
  if (expires === undefined) {
    if (Math.abs(age) > maxSkewMs) throw refusal("skewed", isS3);
  } else if (age >= expires * 1000) throw refusal("expired", isS3);
  else if (age < -maxSkewMs) throw refusal("skewed", isS3);
}

function checkSignedHeaders(request: Request, { signedHeaders }: Claims, isS3: boolean): void {
  const mustBe = [
    "host",
    ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-")),
  ];
  const isComplete = mustBe.every((name) => signedHeaders.includes(name));
  if (!isComplete) throw refusal("unsignedHeaders", isS3);
}

type Claims = Pick<RequestClaim, "signedHeaders">;

/** What came, as it was before it was signed: the signed headers, and the query without its signature. */
function requestOf(request: Request, { signedHeaders }: Claims, payload: string) {
  const headers: Record<string, string> = { "x-amz-content-sha256": payload };
  for (const name of signedHeaders) {
    const value = name === "host" ? signedHost(request) : request.headers[name];
    headers[name] = Array.isArray(value) ? value.join(",") : (value ?? "");
  }
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
 * A proxy between client and server sends its own Host header, and the client's as it was signed in
 * X-Forwarded-Host. Whoever may say so knows the secret: it is only used to check the signature.
 */
function signedHost(request: Request): string | undefined {
  return header(request, "x-forwarded-host") ?? header(request, "host");
}

/** AWS reads a path, and encodes what it has read: clients differ in what they leave as it is. */
function encodeOnce(segment: string): string {
  return encodeURIComponent(decodePercents(segment))
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/");
}

function optionsOf({ at, region, service }: Claim) {
  return { signingDate: at, signingRegion: region, signingService: service };
}

function compare(expected: string, { signature }: Claim, isS3: boolean): void {
  const [a, b] = [Buffer.from(expected), Buffer.from(signature)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw refusal("mismatch", isS3);
}

/** SQS and STS are asked there. */
function isRootPost(request: Request): boolean {
  return request.url === "/" && request.method === "POST";
}

function sha256(body: Buffer): string {
  return hash("sha256", body, "hex");
}

/** Node's own hash, as the SDK's signer takes one. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    if (secret === undefined) this.#hash = createHash("sha256");
    else if (typeof secret === "string") this.#hash = createHmac("sha256", secret);
    else this.#hash = createHmac("sha256", bytesOf(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
