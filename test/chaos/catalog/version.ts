import * as v from "valibot";

const count = v.number();
const rendition = v.object({
  preset: v.string(),
  key: v.string(),
  width: count,
  height: count,
  format: v.string(),
});

const schema = v.object({
  seq: count,
  since: v.optional(count),
  at: v.string(),
  removed: v.optional(v.literal(true)),
  source: v.object({
    key: v.string(),
    etag: v.optional(v.string()),
    bytes: v.optional(count),
    format: v.optional(v.string()),
    width: v.optional(count),
    height: v.optional(count),
    name: v.optional(v.string()),
  }),
  rejected: v.optional(v.object({ reason: v.string(), message: v.string() })),
  placeholder: v.optional(v.object({ thumbhash: v.string(), color: v.string() })),
  renditions: v.optional(
    v.array(v.object({ ...rendition.entries, bytes: count, savedPercent: v.optional(count) })),
    [],
  ),
  onRequest: v.optional(v.array(rendition), []),
});

/** The fields of a manifest or a tombstone that the catalog follows. */
export type Version = v.InferOutput<typeof schema>;

/** Those of manifests and tombstones that are valid: the others are found by the check of objects. */
export function versionsOf(texts: Iterable<string>): Version[] {
  return [...texts].flatMap((text) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
    return parsed.success ? [parsed.output] : [];
  });
}

/** What has happened to the image, by its version. */
export function statusOf({ removed, rejected }: Version): "removed" | "rejected" | "ready" {
  if (removed) return "removed";
  return rejected ? "rejected" : "ready";
}
