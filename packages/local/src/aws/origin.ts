import { type Reply, type Request, S3Error } from "./fauxqs.ts";
import { header } from "./target.ts";

/** The names of this machine; the last may have a bucket as a prefix: `photos.localhost`. */
const own = /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9][a-z0-9-]*\.)?localhost)$/i;

/**
 * Rejects requests to any other name. With a name that resolves to this machine (DNS rebinding), a
 * browser treats a foreign page and this server as one origin; only the Host header differs.
 *
 * @param port where the server listens
 * @throws S3Error AccessDenied (403)
 */
export function checkHost(request: Request, port: number): void {
  const host = request.headers.host ?? "";
  const [, name = "", given = "80"] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
  if (own.test(name) && Number(given) === port) return;
  throw new S3Error(
    "AccessDenied",
    `The Host header is "${host}": this server answers as 127.0.0.1, localhost, BUCKET.localhost and [::1], port ${port}`,
    403,
  );
}

/**
 * Lets pages of the listed origins read responses, as a bucket's CORS configuration does. Their
 * requests must still be signed, for example by a presigned URL.
 *
 * @returns whether the request was a preflight, which has been answered
 * @throws S3Error AccessForbidden (403) for a preflight of another origin
 */
export function allowCrossOrigin(
  request: Request,
  reply: Reply,
  origins: readonly string[],
): boolean {
  const origin = header(request, "origin");
  const isAllowed = origin !== undefined && origins.includes(origin);
  reply.header("vary", "Origin");
  if (isAllowed) {
    reply.header("access-control-allow-origin", origin);
    reply.header(
      "access-control-expose-headers",
      "ETag, Location, Content-Length, Content-Range, x-amz-request-id, x-amz-version-id",
    );
  }
  if (request.method !== "OPTIONS") return false;
  if (!isAllowed) {
    throw new S3Error(
      "AccessForbidden",
      "CORSResponse: This CORS request is not allowed: start the fleet with --cors-origin to allow it",
      403,
    );
  }
  reply.header("access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE");
  const headers = header(request, "access-control-request-headers");
  if (headers !== undefined) reply.header("access-control-allow-headers", headers);
  // Browsers require this before a public page may access a local server.
  reply.header("access-control-allow-private-network", "true");
  reply.header("access-control-max-age", "3600").status(200).send();
  return true;
}
