import * as v from "valibot";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/**
 * A bucket's name, and nothing else that the SDK accepts in its place (an ARN, an access point).
 * Buckets from before 2018 may have capitals, `_` and 255 characters; S3-compatible servers allow
 * them too.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export const bucketName = v.pipe(
  v.string(),
  v.regex(/^[\w.-]{1,255}$/, "must be the name of a bucket"),
);

/** A key that an object in S3 can have. */
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

/**
 * Whether an object in S3 can have the key.
 *
 * @example
 * isObjectKey("cats/tom.jpg"); // true
 */
export function isObjectKey(key: string): boolean {
  return v.is(objectKey, key);
}

/**
 * Decodes a key as notifications, listings and inventories contain it.
 *
 * @returns undefined if it is not form-encoded UTF-8
 *
 * @example
 * decodeKey("cats/my+cat%21.jpg"); // "cats/my cat!.jpg"
 */
export function decodeKey(formEncoded: string): string | undefined {
  try {
    return decodeURIComponent(formEncoded.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/**
 * Whether a value is a bucket and a key that an object in S3 can have.
 *
 * @example
 * isObjectName({ bucket: "uploads", key: "cats/tom.jpg" }); // true
 */
export function isObjectName(value: unknown): value is { bucket: string; key: string } {
  return v.is(objectName, value);
}

/**
 * A size in bytes: a number, a text or nothing. It only helps to choose a lane, so anything else
 * counts as no size.
 */
export const sizeHint = v.pipe(
  v.unknown(),
  v.transform((given): number | undefined => {
    const size = typeof given === "string" && given !== "" ? Number(given) : given;
    return typeof size === "number" && size >= 0 && Number.isFinite(size) ? size : undefined;
  }),
);

/** A time in ISO 8601 as ms since the epoch. Anything else counts as no time. */
export const timeHint = v.pipe(
  v.unknown(),
  v.transform((given): number | undefined => {
    const at = typeof given === "string" ? Date.parse(given) : Number.NaN;
    return Number.isNaN(at) ? undefined : at;
  }),
);
