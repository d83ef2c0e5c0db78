import { type Request, S3Error } from "./fauxqs.ts";

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
