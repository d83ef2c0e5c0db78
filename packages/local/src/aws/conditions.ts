import { type Request, S3Error, type S3Object } from "./fauxqs.ts";
import { header } from "./target.ts";

type Verdict = "proceed" | "not modified";

/**
 * The conditional headers of GET and HEAD, in the order of RFC 9110, 13.2.2. fauxqs ignores them on
 * HEAD and supports neither lists of tags nor `*`.
 *
 * @throws S3Error PreconditionFailed (412)
 */
export function checkRead(request: Request, object: S3Object): Verdict {
  const modified = Math.floor(object.lastModified.getTime() / 1000) * 1000;
  const ifMatch = header(request, "if-match");
  const unmodifiedSince = date(header(request, "if-unmodified-since"));
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) throw preconditionFailed();
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    throw preconditionFailed();
  }
  const ifNoneMatch = header(request, "if-none-match");
  const modifiedSince = date(header(request, "if-modified-since"));
  if (ifNoneMatch !== undefined)
    return matches(ifNoneMatch, object.etag) ? "not modified" : "proceed";
  return modifiedSince !== undefined && modified <= modifiedSince ? "not modified" : "proceed";
}

/**
 * If-None-Match: * and If-Match of PUT, CompleteMultipartUpload and DELETE, which fauxqs ignores.
 *
 * @throws S3Error PreconditionFailed (412), NoSuchKey (404), NotImplemented (501)
 */
export function checkWrite(request: Request, object: S3Object | undefined): void {
  const ifMatch = header(request, "if-match");
  const ifNoneMatch = header(request, "if-none-match");
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    throw new S3Error(
      "NotImplemented",
      "A header you provided implies functionality that is not implemented",
      501,
    );
  }
  if (ifNoneMatch === "*" && object !== undefined) throw preconditionFailed();
  if (ifMatch === undefined) return;
  if (object === undefined) {
    throw new S3Error("NoSuchKey", "The specified key does not exist.", 404);
  }
  if (!matches(ifMatch, object.etag)) throw preconditionFailed();
}

/** The conditions of a copy on its source. */
export function checkCopySource(request: Request, source: S3Object): void {
  const ifMatch = header(request, "x-amz-copy-source-if-match");
  const ifNoneMatch = header(request, "x-amz-copy-source-if-none-match");
  if (ifMatch !== undefined && !matches(ifMatch, source.etag)) throw preconditionFailed();
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, source.etag)) throw preconditionFailed();
}

// S3 accepts a tag with and without quotes.
function matches(tags: string, etag: string): boolean {
  const bare = etag.replaceAll('"', "");
  return tags
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, "").replaceAll('"', ""))
    .some((tag) => tag === "*" || tag === bare);
}

function date(value: string | undefined): number | undefined {
  const time = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

function preconditionFailed(): Error {
  return new S3Error(
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold",
    412,
  );
}
