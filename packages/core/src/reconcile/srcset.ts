import { CONTENT_TYPES } from "../recipe/index.ts";
import type { Manifest, ManifestOnRequest } from "../store/index.ts";

/**
 * The `srcset` of a manifest: the renditions of each preset, in the recipe's order.
 *
 * @example
 * srcsetOf(manifest.renditions)?.["hero"]; // [{ key: "hero-800w/…", width: 800, …, type: "image/webp" }]
 */
export function srcsetOf(
  renditions: readonly Omit<ManifestOnRequest, "fingerprint">[],
): Manifest["srcset"] {
  const groups = Map.groupBy(renditions, ({ preset }) => preset);
  return Object.fromEntries(
    [...groups].map(([preset, members]) => [
      preset,
      members.map(({ key, width, height, format }) => ({
        key,
        width,
        height,
        type: CONTENT_TYPES[format],
      })),
    ]),
  );
}
