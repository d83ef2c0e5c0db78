import type { Job } from "../intake/index.ts";
import { Rejection } from "../outcome/index.ts";
import { renditionKey } from "../plan/index.ts";
import type { Recipe } from "../recipe/index.ts";
import type { Manifest } from "../store/index.ts";

/** The keys that a manifest knows of: what it lists, and what was being removed when it was written. */
export function keysOf(manifest: Manifest | undefined): string[] {
  return manifest ? [...manifest.renditions.map(({ key }) => key), ...manifest.stale] : [];
}

/** Every key that an attempt by this recipe may have written for the source, listed or not. */
export function keysBy(recipe: Recipe, job: Job): string[] {
  return recipe.presets.flatMap((preset) => {
    try {
      return [renditionKey(recipe, preset, job.key)];
    } catch (error) {
      // A key that is too long for S3 was never written.
      if (error instanceof Rejection) return [];
      throw error;
    }
  });
}
