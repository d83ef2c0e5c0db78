import type { RejectedReason } from "../outcome/index.ts";

/** Why a rendition is not there, from a closed set. */
export type NotFoundReason =
  | RejectedReason
  /** The recipe has no such key. */
  | "NotInRecipe"
  /** The source is deleted, was never uploaded, or is an object of the fleet. */
  | "SourceMissing"
  /** The source has no manifest yet, or there is no such source. */
  | "ManifestMissing"
  /** The recipe makes no such rendition of this source, for instance because the source is smaller. */
  | "NotPlanned";

/**
 * What a viewer gets. There is no redirect by construction. `cacheControl` is the whole header.
 */
export type Answer =
  | {
      readonly status: 200;
      readonly body: Uint8Array;
      readonly contentType: string;
      readonly cacheControl: string;
      /** As S3 has it, or of the content and the size for one that is never stored. Absent: it may be other bytes next time. */
      readonly etag?: string;
      /** The ETag of the content that a stored rendition was made of. */
      readonly sourceEtag?: string;
      /** Another picture of the same source, until the rendition is made. */
      readonly substitute?: "rendition" | "placeholder";
    }
  | { readonly status: 404; readonly reason: NotFoundReason; readonly cacheControl: string }
  | {
      readonly status: 503;
      readonly message: string;
      readonly cacheControl: string;
      readonly retryAfterSeconds: number;
    };

/** The viewer may ask again at once: the next upload may be a second away. */
const NOT_CACHED = "no-store";

/**
 * The answer where there is no rendition.
 *
 * @example
 * const answer = notFound("NotInRecipe"); // 404, for 60 s
 */
export function notFound(reason: NotFoundReason): Answer {
  const isSoonThere = reason === "SourceMissing" || reason === "ManifestMissing";
  return { status: 404, reason, cacheControl: isSoonThere ? NOT_CACHED : "public, max-age=60" };
}

/**
 * The answer where there may be one later.
 *
 * @param message for the log
 *
 * @example
 * const answer = unavailable("the function ran out of time", 1); // 503, not cached
 */
export function unavailable(message: string, retryAfterSeconds: number): Answer {
  return { status: 503, message, cacheControl: NOT_CACHED, retryAfterSeconds };
}
