import { drawPlaceholder } from "../image/index.ts";
import { type Area, geometryOf } from "../plan/index.ts";
import { CONTENT_TYPES, type OutputFormat, type Preset } from "../recipe/index.ts";
import type { Manifest, RenditionStore } from "../store/index.ts";

interface Substitute {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly substitute: "rendition" | "placeholder";
}

/** What every browser shows; the others only who asked for them. */
const UNIVERSAL: readonly OutputFormat[] = ["jpeg", "png", "gif"];

/**
 * What a viewer sees instead of a rendition that takes longer to make: the stored rendition of the
 * source that is nearest in shape and then in size, in a format that the viewer can show; otherwise
 * the placeholder, drawn in the rendition's shape. Undefined if there is neither.
 *
 * @throws Failure when S3 fails
 */
export async function substituteFor(
  { key, preset }: { readonly key: string; readonly preset: Preset },
  manifest: Manifest | undefined,
  renditions: RenditionStore,
  signal: AbortSignal,
): Promise<Substitute | undefined> {
  if (manifest === undefined) return undefined;
  const listed = [...(manifest.onRequest ?? []), ...manifest.renditions];
  const asked = listed.find((each) => each.key === key) ?? sizeOf(preset, manifest.source);
  const { width, height } = asked;
  const { format } = preset;
  const shown = manifest.renditions.filter(
    (each) => each.format === format || UNIVERSAL.includes(each.format),
  );
  const distance = (one: Area) =>
    10 * Math.abs(Math.log(one.width / one.height / (width / height))) +
    Math.abs(Math.log(one.width / width));
  for (const { key: other, format: type } of shown.toSorted((a, b) => distance(a) - distance(b))) {
    const found = await renditions.read(other, manifest.source, signal);
    if (!found?.isOfSource) continue;
    return { body: found.body, contentType: CONTENT_TYPES[type], substitute: "rendition" };
  }
  if (manifest.placeholder === undefined || width === 0) return undefined;
  const body = await drawPlaceholder(manifest.placeholder.thumbhash, { width, height });
  return { body, contentType: CONTENT_TYPES.png, substitute: "placeholder" };
}

/** 0 x 0 of a source whose header could not be read. */
function sizeOf(preset: Preset, { width = 0, height = 0 }: Manifest["source"]): Area {
  return width > 0 && height > 0 ? geometryOf({ width, height }, preset) : { width, height };
}
