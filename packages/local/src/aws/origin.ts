import { type Reply, type Request, S3Error } from "./fauxqs.ts";
import { header } from "./target.ts";

/** The names of this machine, the last also with a bucket before it: `photos.localhost`. */
const own = /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9][a-z0-9-]*\.)?localhost)$/i;

/**
 * Refuses requests to any other name. A name that its owner lets lead to this machine (DNS rebinding)
 * makes a page of theirs and this server one origin for the browser: only the Host header tells.
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
 * Lets the pages of the origins that are listed read answers, as a bucket's CORS configuration does.
 * What they ask for must be signed all the same: by a presigned URL, say.
 *
 * @returns whether this was a preflight, which has its answer now
 * @throws S3Error AccessForbidden (403) for the preflight of any other origin
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
  // A page of a public address may ask a local server only with its permission.
  reply.header("access-control-allow-private-network", "true");
  reply.header("access-control-max-age", "3600").status(200).send();
  return true;
}
