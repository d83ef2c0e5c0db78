import { ENCODER } from "@imagefleet/core/image";
import {
  type Preset,
  presetFingerprint,
  type Recipe,
  recipeFingerprint,
} from "@imagefleet/core/recipe";
import type { Manifest } from "@imagefleet/core/store";

/** Judges by manifests whether sources are up to date: the one rule of every command that does. */
export class Staleness {
  readonly #recipe: Recipe;
  readonly #fingerprint: string;

  constructor(recipe: Recipe) {
    this.#recipe = recipe;
    this.#fingerprint = recipeFingerprint(recipe, ENCODER);
  }

  /** @param etag of the source's present content */
  why(manifest: Manifest, etag: string | undefined): "overwritten" | "recipe" | undefined {
    if (manifest.source.etag !== etag) return "overwritten";
    return this.isOfRecipe(manifest) ? undefined : "recipe";
  }

  isOfRecipe({ recipe }: Manifest): boolean {
    return recipe === this.#fingerprint;
  }

  /**
   * The presets of which a manifest has no rendition as they are now. A width above the source's has no
   * rendition, so this says nothing of a manifest of the present recipe.
   */
  outdated({ renditions, onRequest = [] }: Manifest): readonly Preset[] {
    const current = new Set([...renditions, ...onRequest].map(({ fingerprint }) => fingerprint));
    return this.#recipe.presets.filter(
      (preset) => !current.has(presetFingerprint(preset, ENCODER)),
    );
  }
}
