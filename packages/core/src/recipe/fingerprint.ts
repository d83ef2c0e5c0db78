import { createHash } from "node:crypto";
import type { Preset, Recipe } from "./recipe.ts";

/**
 * Raised when the same preset would come out different for a reason of ours (geometry, color,
 * cascade): every rendition in the field is then remade as its source is next looked at.
 */
const RENDERER_VERSION = 2;

/**
 * What "up to date" is judged by: 16 hex digits over a preset's settings, the encoder and the key
 * that it writes to.
 *
 * @param encoder name and version of the encoder, patch level left out: `sharp-0.35`
 *
 * @example
 * const fingerprints = recipe.presets.map((preset) => presetFingerprint(preset, "sharp-0.35"));
 */
export function presetFingerprint(preset: Preset, encoder: string): string {
  // When it is made changes nothing in it.
  const { when: _when, ...rendered } = preset;
  return digest({ renderer: RENDERER_VERSION, encoder, preset: rendered });
}

/**
 * Over all that decides a source's renditions and where they are: 16 hex digits.
 *
 * @example
 * const isCurrent = manifest.recipe === recipeFingerprint(recipe, "sharp-0.35");
 */
export function recipeFingerprint(recipe: Recipe, encoder: string): string {
  const { prefix, ...output } = recipe.output;
  const onRequest = recipe.presets.flatMap(({ when }, at) => (when === "request" ? at : []));
  return digest({
    source: recipe.source.prefix,
    // Renditions of a sound source are the same in both settings.
    ...(recipe.source.damaged === "render" && { damaged: "render" }),
    output: { prefix, ...output },
    presets: recipe.presets.map((preset) => presetFingerprint(preset, encoder)),
    ...(onRequest.length > 0 && { onRequest }),
  });
}

/**
 * Over all that decides whether a source is rejected, its limits and switches too: 16 hex digits.
 *
 * @example
 * const isCurrent = manifest.rejected?.by === rejectionFingerprint(recipe, "sharp-0.35");
 */
export function rejectionFingerprint(recipe: Recipe, encoder: string): string {
  // Addresses change no source's fate.
  const { delivery: _delivery, ...judged } = recipe;
  return digest({ renderer: RENDERER_VERSION, encoder, recipe: judged });
}

function digest(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 16);
}

/** JSON with sorted names, so that the order in which a person writes fields does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
