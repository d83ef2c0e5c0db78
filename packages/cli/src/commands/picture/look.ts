import { isObjectKey } from "@imagefleet/core/intake";
import { Rejection } from "@imagefleet/core/outcome";
import { manifestKey, renditionKey } from "@imagefleet/core/plan";
import { type Preset, type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import { ofSource } from "@imagefleet/core/reconcile";
import type {
  ManifestOnRequest,
  ManifestRendition,
  RenditionStore,
  SeenRendition,
  StoredManifest,
} from "@imagefleet/core/store";
import pLimit from "p-limit";
import type { SourceState } from "../../sources/state.ts";

/** Heads of renditions that are requested concurrently. */
const AT_ONCE = 16;

/** An object that is, may be, or was a rendition of the source. */
export interface LookedAt {
  readonly key: string;
  /** The preset that writes the key by the recipe. */
  readonly preset: Preset | undefined;
  /** What the manifest lists at the key, and whether it is made on request. */
  readonly listed: ManifestRendition | undefined;
  readonly onRequest: ManifestOnRequest | undefined;
  /** Undefined: there is no object. */
  readonly found: SeenRendition | undefined;
}

/** What S3 has of a source, its manifest and its renditions. */
export interface Looked {
  readonly bucket: string;
  readonly key: string;
  readonly source: SourceState;
  /** Why the recipe does not take the key as a source. */
  readonly notASource: string | undefined;
  readonly manifestKey: string | undefined;
  /** Undefined: there is no object at its key. */
  readonly stored: StoredManifest | undefined;
  readonly renditions: readonly LookedAt[];
}

/**
 * Reads the manifest of a source and the heads of all objects that may be renditions of it: by the recipe
 * and by the manifest.
 *
 * @throws Failure when S3 does not answer, or the credentials may not read renditions
 */
export async function look(
  recipe: Recipe,
  { bucket, key, source }: Pick<Looked, "bucket" | "key" | "source">,
  renditions: RenditionStore,
  signal: AbortSignal,
): Promise<Looked> {
  const at = keyOrNone(() => manifestKey(recipe, key));
  const read = at === undefined ? undefined : await renditions.manifest(at, signal);
  const stored = ofSource(read, { bucket, key });
  const manifest = stored?.manifest;
  const presets = new Map<string, Preset>();
  for (const preset of recipe.presets) {
    const rendition = keyOrNone(() => renditionKey(recipe, preset, key));
    if (rendition !== undefined) presets.set(rendition, preset);
  }
  const listed = new Map(manifest?.renditions.map((one) => [one.key, one]));
  const onRequest = new Map(manifest?.onRequest?.map((one) => [one.key, one]));
  // A manifest can be forged: a text that is no key is not requested.
  const keys = new Set(
    [...presets.keys(), ...listed.keys(), ...onRequest.keys(), ...(manifest?.stale ?? [])].filter(
      isObjectKey,
    ),
  );
  const looked = await pLimit(AT_ONCE).map([...keys], async (each): Promise<LookedAt> => {
    return {
      key: each,
      preset: presets.get(each),
      listed: listed.get(each),
      onRequest: onRequest.get(each),
      found: await renditions.look(each, { bucket, key }, signal),
    };
  });
  return {
    bucket,
    key,
    source,
    notASource: whyNotASource(recipe, key),
    manifestKey: at,
    stored,
    renditions: looked,
  };
}

/** S3 has no object whose key would be too long. */
function keyOrNone(key: () => string): string | undefined {
  try {
    return key();
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}
