import type { ImageInput, RenderedImage } from "../image/index.ts";
import type { Job } from "../intake/index.ts";
import { Rejection } from "../outcome/index.ts";
import {
  planRenditions,
  type SourceInfo,
  savedPercent,
  sizedRenditions,
  whyTooCostly,
} from "../plan/index.ts";
import { CONTENT_TYPES, type Preset, presetFingerprint, type Recipe } from "../recipe/index.ts";
import type { ManifestOnRequest, ManifestPlaceholder, ManifestRendition } from "../store/index.ts";
import { CODEC, type Codec } from "./codec.ts";
import type { ReconcileContext } from "./context.ts";

export type Made =
  | {
      readonly kind: "made";
      readonly info: SourceInfo;
      /** In the recipe's order. */
      readonly renditions: ManifestRendition[];
      /** The other renditions, which are made on request. In the recipe's order. */
      readonly onRequest: ManifestOnRequest[];
      readonly placeholder?: ManifestPlaceholder;
      /** Why the source is damaged, if it was rendered nevertheless. */
      readonly damaged?: string;
    }
  | { readonly kind: "rejected"; readonly rejection: Rejection }
  | { readonly kind: "tooCostly"; readonly why: string };

/**
 * Makes and stores a source's renditions: probe, guard, plan, decode, render, put. The large lane
 * makes those on request too: what needs it could not be made while a viewer waits.
 *
 * @param source its `etag` is that of the content in `input`
 * @throws Failure
 */
export async function make(
  source: SourceOfMake,
  input: ImageInput,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Made> {
  const { recipe, lane, memoryBytes, codec = CODEC, onPhase } = context;
  const puts: Promise<ManifestRendition>[] = [];
  const order = new Map(
    recipe.presets.map((preset, at) => [presetFingerprint(preset, codec.encoder), at]),
  );
  let placeholder: ManifestPlaceholder | undefined;
  let damaged: string | undefined;
  try {
    onPhase?.("probe");
    const info = await codec.probe(input, recipe);
    const atUpload = lane === "large" ? recipe : recipeOf(recipe, ({ when }) => when === undefined);
    const plan = planRenditions(info, atUpload, source.key, memoryBytes);
    const why = lane === "small" ? whyTooCostly(plan, memoryBytes) : undefined;
    if (why !== undefined) return { kind: "tooCostly", why };
    // A rendition is uploaded while the next is encoded, so that the CPU does not wait.
    let onTheWay = 0;
    const onRendition = (image: RenderedImage) => {
      const { length } = image.data;
      onTheWay += length;
      const put = putRendition(image, source, info, context, signal).finally(() => {
        onTheWay -= length;
      });
      put.catch(() => undefined);
      puts.push(put);
    };
    onPhase?.("queued");
    const renditions = await context.renderSemaphore(
      async (permit) => {
        onPhase?.(plan.raster ? "decode" : "encode");
        await codec.render(input, plan, {
          signal,
          onRendition,
          onDecoded: () => onPhase?.("encode"),
          onPlaceholder: (made) => {
            placeholder = made;
          },
          onDamaged: (why) => {
            damaged = why;
          },
        });
        onPhase?.("store");
        // Renditions that are not stored yet are still in memory; the next job may use the CPU.
        permit?.shrinkTo(onTheWay);
        return Promise.all(puts);
      },
      plan.peakBytes,
      signal,
    );
    const at = ({ fingerprint }: ManifestRendition) => order.get(fingerprint) ?? 0;
    renditions.sort((a, b) => at(a) - at(b));
    return {
      kind: "made",
      info,
      renditions,
      onRequest: lane === "large" ? [] : onRequestOf(info, source, recipe, codec),
      ...(placeholder && { placeholder }),
      ...(damaged !== undefined && { damaged }),
    };
  } catch (error) {
    // Nothing may be written after the outcome.
    await Promise.allSettled(puts);
    if (error instanceof Rejection) return { kind: "rejected", rejection: error };
    throw error;
  }
}

/** A source and the ETag of its content. */
export type SourceOfMake = Pick<Job, "bucket" | "key"> & { readonly etag: string };

function recipeOf(recipe: Recipe, isKept: (preset: Preset) => boolean): Recipe {
  return { ...recipe, presets: recipe.presets.filter(isKept) };
}

function onRequestOf(
  info: SourceInfo,
  { key: sourceKey }: SourceOfMake,
  recipe: Recipe,
  { encoder }: Codec,
): ManifestOnRequest[] {
  const lazy = recipeOf(recipe, ({ when }) => when === "request");
  return sizedRenditions(info, lazy, sourceKey).map(({ preset, key, width, height }) => {
    const { name, format } = preset;
    const fingerprint = presetFingerprint(preset, encoder);
    return { preset: name, key, width, height, format, fingerprint };
  });
}

async function putRendition(
  { plan, data, width, height }: RenderedImage,
  source: SourceOfMake,
  info: SourceInfo,
  { recipe, renditions, codec = CODEC }: ReconcileContext,
  signal: AbortSignal,
): Promise<ManifestRendition> {
  const { preset, key, boundedFrom } = plan;
  const fingerprint = presetFingerprint(preset, codec.encoder);
  const etag = await renditions.put(
    {
      key,
      source,
      body: data,
      contentType: CONTENT_TYPES[preset.format],
      cacheControl: recipe.output.cacheControl,
      fingerprint,
    },
    signal,
  );
  const bytes = data.length;
  const saved = savedPercent(info, { width, height, bytes });
  return {
    preset: preset.name,
    key,
    width,
    height,
    format: preset.format,
    bytes,
    ...(boundedFrom && { boundedFrom }),
    ...(saved !== undefined && { savedPercent: saved }),
    etag,
    fingerprint,
  };
}
