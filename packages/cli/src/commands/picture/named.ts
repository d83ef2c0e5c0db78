import { adhocAt } from "@imagefleet/core/deliver";
import { isObjectKey } from "@imagefleet/core/intake";
import { sourceOfOutput } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { compileEdge } from "@imagefleet/edge";
import { requestHandler } from "@imagefleet/edge/run";
import { UsageError } from "../../usage-error.ts";

interface Buckets {
  readonly sourceBucket: string;
  readonly renditionBucket: string;
}

/** The source that a text may name: by its own key, by a rendition or a manifest of it, or either. */
export type Named =
  | { readonly key: string; readonly sourceOf?: string }
  | { readonly key?: never; readonly sourceOf: string };

/**
 * What a person names by a key, by `s3://bucket/key`, or by an address of the edge or of S3. A plain key
 * may be that of a source and also look like that of a rendition: then both are returned, and which one
 * is meant depends on whether there is such a source.
 *
 * @throws UsageError for what can be neither
 */
export async function named(recipe: Recipe, text: string, buckets: Buckets): Promise<Named> {
  const [, bucket, key = ""] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(text) ?? [];
  if (bucket !== undefined) return inBucket(recipe, text, bucket, key, buckets);
  if (!/^https?:\/\//i.test(text)) {
    const sourceOf = await sourceAt(recipe, text);
    if (isObjectKey(text)) return { key: text, ...(sourceOf !== undefined && { sourceOf }) };
    if (sourceOf !== undefined) return { sourceOf };
    throw new UsageError(
      `${text.slice(0, 60)}… is no key: it has ${Buffer.byteLength(text)} bytes, and a key has 1 to 1,024 of well-formed UTF-8`,
    );
  }
  const url = URL.parse(text);
  if (url === null) throw new UsageError(`${text} is no address: write it as a browser shows it`);
  const path = decoded(url.pathname.slice(1));
  for (const each of [buckets.sourceBucket, buckets.renditionBucket]) {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    if (url.hostname.startsWith(`${each}.s3`) || url.hostname === `${each}.localhost`) {
      return inBucket(recipe, text, each, path, buckets);
    }
  }
  const sourceOf = await sourceAt(recipe, url.pathname);
  if (sourceOf !== undefined) return { sourceOf };
  const slash = path.indexOf("/");
  if (Object.values(buckets).includes(path.slice(0, slash))) {
    return inBucket(recipe, text, path.slice(0, slash), path.slice(slash + 1), buckets);
  }
  throw new UsageError(
    `${text} is no address of a rendition by the recipe, nor of an object in ${buckets.sourceBucket} or ${buckets.renditionBucket}: name the source by its key`,
  );
}

function inBucket(
  recipe: Recipe,
  text: string,
  bucket: string,
  key: string,
  { sourceBucket, renditionBucket }: Buckets,
): Named {
  if (!isObjectKey(key)) throw new UsageError(`${text} names no object: write s3://${bucket}/KEY`);
  const sourceOf = bucket === renditionBucket ? sourceOfOutput(recipe, key) : undefined;
  if (bucket === sourceBucket) return { key, ...(sourceOf !== undefined && { sourceOf }) };
  if (sourceOf !== undefined) return { sourceOf };
  throw new UsageError(
    bucket === renditionBucket
      ? `${text} is neither a rendition nor a manifest by the recipe: name its source, or the recipe that it was made by with --recipe`
      : `${text} is in neither bucket of the fleet: they are ${sourceBucket} and ${renditionBucket}`,
  );
}

/**
 * The source of what has this key, or is delivered at this path, with or without its first slash and
 * `?v=`. The edge's own function finds the keys of addresses that it rewrites.
 */
async function sourceAt(recipe: Recipe, text: string): Promise<string | undefined> {
  const byKey = sourceOfOutput(recipe, text);
  if (byKey !== undefined) return byKey;
  const [, path = ""] = /^\/?(.*?)(?:\?v=[0-9a-f]*)?$/s.exec(text) ?? [];
  const plain = decoded(path);
  // The edge knows whether the address is signed; here only what it names counts.
  const signed = /^s\/[^/]+\/(.+)$/s.exec(plain)?.[1];
  if (signed !== undefined && recipe.delivery?.adhoc !== undefined) {
    const [format = "webp"] = recipe.delivery.adhoc.formats;
    const ext = format === "jpeg" ? "jpg" : format;
    const key = `${recipe.output.prefix}adhoc/${signed.replace(/\.auto$/, `.${ext}`)}`;
    return adhocAt(recipe, key)?.sourceKey;
  }
  return sourceOfOutput(recipe, plain) ?? (await rewritten(recipe, path));
}

async function rewritten(recipe: Recipe, path: string): Promise<string | undefined> {
  const result = await requestHandler(compileEdge(recipe).request)({
    version: "1.0",
    context: { eventType: "viewer-request" },
    viewer: { ip: "127.0.0.1" },
    request: { method: "GET", uri: `/${path}`, querystring: {}, headers: {}, cookies: {} },
  });
  return "uri" in result ? sourceOfOutput(recipe, decoded(result.uri.slice(1))) : undefined;
}

/** Unchanged where it is not percent-encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
