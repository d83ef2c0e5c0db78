import * as v from "valibot";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/**
 * Names alone: what else the SDK takes for a bucket (an ARN, an access point) is another's place.
 * Buckets from before 2018 may have capitals, `_` and 255 characters; S3-compatibles allow them too.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export const bucketName = v.pipe(
  v.string(),
  v.regex(/^[\w.-]{1,255}$/, "must be the name of a bucket"),
);

/** The key of an object that S3 can have. */
export const objectKey = v.pipe(
  v.string(),
  v.nonEmpty("must not be empty"),
  v.check((key) => key.isWellFormed(), "must be Unicode text without half a surrogate pair"),
  v.check(
    (key) => Buffer.byteLength(key) <= MAX_KEY_BYTES,
    ({ input }) =>
      `must be ${MAX_KEY_BYTES} bytes of UTF-8 at most, and has ${Buffer.byteLength(input)}`,
  ),
);

const objectName = v.object({ bucket: bucketName, key: objectKey });

/** Is it the name of an object that S3 can have? */
export function isObjectName(value: unknown): value is { bucket: string; key: string } {
  return v.is(objectName, value);
}

/**
 * A size in bytes as somebody said it: a number, a text, or nothing. It only helps to choose a lane,
 * so what is no size is as good as none.
 */
export const sizeHint = v.pipe(
  v.unknown(),
  v.transform((said): number | undefined => {
    const size = typeof said === "string" && said !== "" ? Number(said) : said;
    return typeof size === "number" && size >= 0 && Number.isFinite(size) ? size : undefined;
  }),
);

/** A time as AWS and we write it, ISO 8601, in ms since the epoch; nothing where it is none. */
export const timeHint = v.pipe(
  v.unknown(),
  v.transform((said): number | undefined => {
    const at = typeof said === "string" ? Date.parse(said) : Number.NaN;
    return Number.isNaN(at) ? undefined : at;
  }),
);
