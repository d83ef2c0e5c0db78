import type { Reply, Request } from "./fauxqs.ts";
import { header } from "./target.ts";

/**
 * Lets any page read and write, as a permissive CORS configuration does: the
 * browser upload needs it, and fauxqs answers a preflight with 404.
 *
 * @returns whether this was a preflight, which has its answer now
 */
export function allowCrossOrigin(request: Request, reply: Reply): boolean {
  const origin = header(request, "origin");
  if (origin === undefined) return false;
  reply.header("access-control-allow-origin", origin);
  reply.header("vary", "Origin");
  reply.header(
    "access-control-expose-headers",
    "ETag, Location, Content-Length, Content-Range, x-amz-request-id, x-amz-version-id",
  );
  if (request.method !== "OPTIONS") return false;
  reply.header("access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE");
  const headers = header(request, "access-control-request-headers");
  if (headers !== undefined) reply.header("access-control-allow-headers", headers);
  // A page of a public address may ask a local server only with its permission.
  reply.header("access-control-allow-private-network", "true");
  reply.header("access-control-max-age", "3600").status(200).send();
  return true;
}
