import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { statusOf, type Version } from "./version.ts";

/** A notification as a subscriber gets it. */
export const notificationSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    id: v.string(),
    type: v.string(),
    key: v.string(),
    seq: v.optional(v.number()),
    source: v.optional(v.looseObject({ etag: v.string() })),
    renditions: v.optional(v.array(v.looseObject({ key: v.string() })), []),
  }),
);
export type Notification = v.InferOutput<typeof notificationSchema>;

/** Whether a notification tells of the state of a version, and not of an earlier time that was like it. */
export function tellsOf({ type, key, seq = 0, source }: Notification, version: Version): boolean {
  return (
    key === version.source.key &&
    type === `image.${statusOf(version)}` &&
    seq >= (version.since ?? version.seq) &&
    seq <= version.seq &&
    source?.etag === version.source.etag
  );
}

/**
 * Whether two notifications with one id say the same. A manifest may be written again between them,
 * which changes its number and its time; two attempts may fail for different reasons; and a rendition
 * on request may have been made.
 */
export function sayTheSame(one: Notification, other: Notification): boolean {
  return isDeepStrictEqual(said(one), said(other));
}

function said({ seq, at, first, renditions, reason, message, ...rest }: Notification) {
  const why = rest.type === "image.failed" ? {} : { reason, message };
  return { ...rest, ...why, renditions: renditions.map(({ key }) => key).sort() };
}
