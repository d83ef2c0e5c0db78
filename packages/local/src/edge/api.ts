import { hash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { SignatureV4 } from "@smithy/signature-v4";
import * as v from "valibot";
import { S3Error } from "../aws/fauxqs.ts";
import { MAX_SKEW_MS, signAgain } from "../aws/sign-again.ts";
import { readRequestSignature } from "../aws/signature-fields.ts";
import { element, holding, once, readDocument, Text } from "../aws/xml.ts";
import { type Credentials, Sha256 } from "../credentials/index.ts";
import { DISTRIBUTION_ID } from "../resources/index.ts";

/** A rendition's address ends with a format. */
const INVALIDATION = /^\/2020-05-31\/distribution\/(\w+)\/invalidation(?:\/(\w+))?$/;
const NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

/** How many invalidations can still be asked for. */
const KEPT = 100;

const batchSchema = v.strictObject({
  InvalidationBatch: once(
    holding({
      CallerReference: once(Text),
      Paths: once(
        holding({
          Quantity: once(Text),
          Items: v.optional(once(holding({ Path: v.array(Text) }))),
        }),
      ),
    }),
  ),
});

/** What is answered as an error of the API. */
class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * CloudFront's CreateInvalidation and GetInvalidation. Each request must be signed: a page of another
 * site cannot send the header without a preflight request, which the edge refuses.
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetInvalidation.html
 */
export class InvalidationApi {
  readonly #signer: SignatureV4;
  readonly #invalidate: (paths: readonly string[]) => void;
  /** The newest ones by id, as XML. */
  readonly #kept = new Map<string, string>();
  #created = 0;

  /** @param invalidate throws RangeError for a path that no invalidation may have */
  constructor(credentials: Credentials, invalidate: (paths: readonly string[]) => void) {
    // The region of the request's scope replaces it.
    const signing = { credentials, region: "", sha256: Sha256, applyChecksum: false };
    this.#signer = new SignatureV4({ ...signing, service: "cloudfront" });
    this.#invalidate = invalidate;
  }

  /** @returns false for a request that is not of the API */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { method, url = "" } = request;
    const [, distribution, id] = INVALIDATION.exec(url) ?? [];
    const isCreate = method === "POST" && id === undefined;
    if (distribution === undefined || !(isCreate || (method === "GET" && id !== undefined))) {
      return false;
    }
    const answered = { "content-type": "text/xml" };
    try {
      const body = await this.#signed(request);
      if (distribution !== DISTRIBUTION_ID) {
        const message = `There is no distribution ${distribution}: that of this edge is ${DISTRIBUTION_ID}.`;
        throw new ApiError(404, "NoSuchDistribution", message);
      }
      if (id === undefined) {
        const created = this.#create(body);
        const location = `${url}/${created.id}`;
        response.writeHead(201, { ...answered, location }).end(created.xml);
      } else {
        const xml = this.#kept.get(id);
        if (xml === undefined) throw new ApiError(404, "NoSuchInvalidation", `There is no ${id}.`);
        response.writeHead(200, answered).end(xml);
      }
    } catch (error) {
      const { status, code, message } = asApiError(error);
      const content = `${element("Type", "Sender")}${element("Code", code)}${element("Message", message)}`;
      const xml = `<ErrorResponse xmlns="${NAMESPACE}"><Error>${content}</Error>${element("RequestId", randomUUID())}</ErrorResponse>`;
      response.writeHead(status, answered).end(xml);
    }
    return true;
  }

  /**
   * The body of a signed request.
   *
   * @throws ApiError
   */
  async #signed(request: IncomingMessage): Promise<Buffer> {
    const fields = readRequestSignature(request, {});
    if (fields === undefined) {
      throw new ApiError(403, "MissingAuthenticationToken", "The request is not signed.");
    }
    const body = await buffer(request);
    const { method = "", url: originalUrl = "", headers } = request;
    const received = { method, originalUrl, query: {}, headers };
    const isSigned =
      fields !== "unreadable" &&
      fields.service === "cloudfront" &&
      fields.signedHeaders.includes("host") &&
      Math.abs(Date.now() - fields.at.getTime()) <= MAX_SKEW_MS &&
      isEqual(
        await signAgain(this.#signer, received, fields, hash("sha256", body)),
        fields.signature,
      );
    if (isSigned) return body;
    const message = "The signature is not of this request and the secret of the local servers.";
    throw new ApiError(403, "SignatureDoesNotMatch", message);
  }

  #create(body: Buffer): { id: string; xml: string } {
    const { CallerReference, Paths } = readDocument(body, batchSchema).InvalidationBatch;
    const paths = Paths.Items?.Path ?? [];
    if (Paths.Quantity !== String(paths.length)) {
      const message = "The value of Quantity and the size of Items don't match.";
      throw new ApiError(400, "InconsistentQuantities", message);
    }
    this.#invalidate(paths);
    this.#created += 1;
    const id = `I${this.#created}`;
    const items = paths.map((path) => element("Path", path)).join("");
    const batch = `<Paths>${element("Quantity", paths.length)}<Items>${items}</Items></Paths>${element("CallerReference", CallerReference)}`;
    const xml = `<Invalidation xmlns="${NAMESPACE}">${element("Id", id)}${element("Status", "Completed")}${element("CreateTime", new Date().toISOString())}<InvalidationBatch>${batch}</InvalidationBatch></Invalidation>`;
    this.#kept.set(id, xml);
    this.#kept.delete(`I${this.#created - KEPT}`);
    return { id, xml };
  }
}

/** @throws what is no error of the request */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RangeError) return new ApiError(400, "InvalidArgument", error.message);
  // Of the document: S3 and CloudFront have the same code.
  if (error instanceof S3Error) return new ApiError(error.statusCode, error.code, error.message);
  throw error;
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
