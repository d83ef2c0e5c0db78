import { type Reply, type Request, S3Error } from "./fauxqs.ts";
import { header } from "./target.ts";

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
