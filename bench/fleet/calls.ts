import { manifestKey } from "@imagefleet/core/plan";
import { CONTENT_TYPES, type Recipe } from "@imagefleet/core/recipe";
import { type Manifest, RenditionStore } from "@imagefleet/core/store";
import type { Upload } from "./contestants.ts";
import type { Harness } from "./harness.ts";
import type { Job } from "./sdk-handler.ts";

/** The manifests that the fleet wrote, by the path of the photo. */
export type Written = ReadonlyMap<string, Manifest>;

/** Reads the manifests of processed uploads. @throws Error when one is missing */
export async function readWritten(
  { s3, resources }: Harness,
  recipe: Recipe,
  uploads: readonly Upload[],
): Promise<Written> {
  const store = new RenditionStore(s3, resources.renditionBucket);
  const { signal } = new AbortController();
  const written = new Map<string, Manifest>();
  for (const { photo, key } of uploads) {
    const stored = await store.manifest(manifestKey(recipe, key), signal);
    const manifest = stored?.manifest;
    if (!manifest) throw new Error(`the fleet wrote no manifest for ${key}`);
    written.set(photo, manifest);
  }
  return written;
}

/** The calls that the fleet makes for an upload, with the same sizes and other keys. */
export function callsFor(written: Written, recipe: Recipe, { photo, key }: Upload): Job {
  const manifest = written.get(photo);
  if (!manifest) throw new Error(`${photo} has no manifest: it was not in the warm-up`);
  return {
    source: key,
    manifest: {
      key: manifestKey(recipe, key),
      bytes: Buffer.byteLength(JSON.stringify(manifest)),
      contentType: "application/json",
      cacheControl: "no-cache",
      mark: manifest.recipe,
    },
    renditions: manifest.renditions.map(({ preset, width, format, bytes, fingerprint }) => ({
      key: `${preset}-${width}w/${key}.${format}`,
      bytes,
      contentType: CONTENT_TYPES[format],
      cacheControl: recipe.output.cacheControl,
      mark: fingerprint,
    })),
  };
}
