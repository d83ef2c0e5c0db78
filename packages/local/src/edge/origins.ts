import { Agent, type IncomingMessage, request as sendRequest } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "../credentials/index.ts";
import { Sha256 } from "../credentials/index.ts";
import { EDGE_MARK } from "../function/index.ts";
import { REGION } from "../resources/index.ts";
import { addressOf, type CacheKey } from "./cache-key.ts";

/** An answer of an origin, or CloudFront's own for an origin that gives none. */
export interface OriginAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Its length was not known in advance. */
  readonly isChunked: boolean;
  /** Whether the origin sent all of it. */
  readonly isWhole: boolean;
}

export interface OriginOptions {
  /** The bucket of the renditions, at an endpoint of S3. */
  readonly bucket: {
    readonly endpoint: string;
    readonly name: string;
    readonly credentials: Credentials;
  };
  /** The function URL for what is not in the bucket, and what proves that the edge asks. */
  readonly functionUrl?: { readonly url: string; readonly secret: string };
  /** How long an origin may send nothing, ms. */
  readonly timeoutMs: number;
}

/** Statuses on which the second origin is asked. */
const FAILOVER = [404];

/** Headers that concern one connection, and those that CloudFront removes. */
const DROPPED =
  /^(connection|keep-alive|proxy-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via)$/;

/**
 * The origin group: S3, and the function URL for what S3 does not have.
 *
 * - Only a status of the list leads to the second origin. A connection that fails or times out would
 *   only with 503 or 504 in the list. GET and HEAD alone reach an origin here.
 *   https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
 * - Origins get the cache key (URI and `v`) and the conditions of the cached answer; no header of
 *   the viewer, as no policy forwards any.
 * - Each origin is asked once. CloudFront would ask again after a failed connection.
 */
export class Origins {
  readonly #options: OriginOptions;
  readonly #signer: SignatureV4;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(options: OriginOptions) {
    this.#options = options;
    const { credentials } = options.bucket;
    this.#signer = new SignatureV4({
      credentials,
      region: REGION,
      service: "s3",
      sha256: Sha256,
      uriEscapePath: false,
    });
  }

  /** Does not reject. */
  async get(key: CacheKey, conditions: Readonly<Record<string, string>>): Promise<OriginAnswer> {
    const stored = await this.#stored(key, conditions);
    const { functionUrl } = this.#options;
    if (!FAILOVER.includes(stored.status) || functionUrl === undefined) return stored;
    const headers = { ...conditions, [EDGE_MARK]: functionUrl.secret };
    return this.#send(key.method, functionUrl.url, addressOf(key), headers);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #stored(
    key: CacheKey,
    conditions: Readonly<Record<string, string>>,
  ): Promise<OriginAnswer> {
    const { endpoint, name } = this.#options.bucket;
    const { hostname, host } = new URL(endpoint);
    const { headers } = await this.#signer.sign({
      method: key.method,
      protocol: "http:",
      hostname,
      path: `/${name}${normalized(key.uri)}`,
      query: key.v === undefined ? {} : { v: key.v },
      headers: { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...conditions },
    });
    return this.#send(key.method, endpoint, `/${name}${addressOf(key)}`, headers);
  }

  #send(
    method: string,
    base: string,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<OriginAnswer> {
    const { hostname, port } = new URL(base);
    const timeout = this.#options.timeoutMs;
    const agent = this.#agent;
    return new Promise((resolve) => {
      // `fetch` would change paths with dots.
      const sent = sendRequest({ hostname, port, method, path, headers, timeout, agent }, (got) =>
        resolve(read(got)),
      );
      sent.on("timeout", () => {
        resolve(failed(504));
        sent.destroy();
      });
      sent.on("error", () => resolve(failed(502)));
      sent.end();
    });
  }
}

/** S3 signs each character that is not unreserved. The address itself is sent as it is. */
function normalized(uri: string): string {
  try {
    return uri
      .split("/")
      .map((part) =>
        encodeURIComponent(decodeURIComponent(part)).replace(
          /[!'()*]/g,
          (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
        ),
      )
      .join("/");
  } catch {
    return uri;
  }
}

async function read(got: IncomingMessage): Promise<OriginAnswer> {
  const parts: Buffer[] = [];
  try {
    for await (const part of got) parts.push(part);
  } catch {
    // The connection has ended: what came is passed on, and not kept.
  }
  const named = Object.entries(got.headers).filter(([name]) => !DROPPED.test(name));
  return {
    status: got.statusCode ?? 502,
    headers: Object.fromEntries(named.map(([name, value = ""]) => [name, String(value)])),
    body: Buffer.concat(parts),
    isChunked: got.headers["transfer-encoding"] !== undefined,
    isWhole: got.complete,
  };
}

/** 502: no connection. 504: no answer in time. */
function failed(status: 502 | 504): OriginAnswer {
  return generated(status, "The request could not be satisfied: an origin did not answer.");
}

/** An answer that no origin gave. */
export function generated(status: number, text: string): OriginAnswer {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: Buffer.from(`${text}\n`),
    isChunked: false,
    isWhole: true,
  };
}
