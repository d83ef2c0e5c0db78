import { manifestKey } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import type { Manifest, RenditionStore, SourceStore } from "@imagefleet/core/store";
import pLimit from "p-limit";
import { Staleness } from "../../sources/staleness.ts";
import type { Selection } from "./selection.ts";
import type { SourceKey } from "./source-key.ts";

/** Manifests that are read concurrently. */
const AT_ONCE = 48;

/** Finds the sources that are not up to date, by their manifests. */
export class StaleCheck {
  readonly #recipe: Recipe;
  readonly #bucket: string;
  readonly #renditions: RenditionStore;
  readonly #sources: SourceStore;
  readonly #staleness: Staleness;
  /** The one preset that is checked, if only one is. */
  readonly #preset: string | undefined;
  readonly #limit = pLimit(AT_ONCE);
  readonly #never = new AbortController().signal;

  constructor(
    stores: { readonly renditions: RenditionStore; readonly sources: SourceStore },
    recipe: Recipe,
    { bucket, preset }: Pick<Selection, "bucket" | "preset">,
  ) {
    this.#recipe = recipe;
    this.#bucket = bucket;
    this.#renditions = stores.renditions;
    this.#sources = stores.sources;
    this.#staleness = new Staleness(recipe);
    this.#preset = preset;
  }

  /** The sources that are not up to date. */
  async of(sourceKeys: readonly SourceKey[]): Promise<SourceKey[]> {
    const stale = await Promise.all(
      sourceKeys.map((sourceKey) => this.#limit(() => this.#isStale(sourceKey))),
    );
    return sourceKeys.filter((_sourceKey, index) => stale[index]);
  }

  /** The sources that exist and are not up to date with their present content. */
  async ofExisting(sourceKeys: readonly SourceKey[]): Promise<SourceKey[]> {
    const left = await Promise.all(
      sourceKeys.map(({ key }) =>
        this.#limit(async () => {
          const etag = await this.#sources.etag(this.#bucket, key, this.#never);
          return etag !== undefined && (await this.#isStale({ key, etag }));
        }),
      ),
    );
    return sourceKeys.filter((_sourceKey, index) => left[index]);
  }

  async #isStale({ key, etag }: SourceKey): Promise<boolean> {
    const at = manifestKey(this.#recipe, key);
    const manifest = (await this.#renditions.manifest(at, this.#never))?.manifest;
    if (manifest === undefined || this.#isOutdated(manifest)) return true;
    const now = etag ?? (await this.#sources.etag(this.#bucket, key, this.#never));
    return now !== manifest.source.etag;
  }

  #isOutdated(manifest: Manifest): boolean {
    if (this.#staleness.isOfRecipe(manifest)) return false;
    if (this.#preset === undefined || manifest.rejected) return true;
    return this.#staleness.outdated(manifest).some(({ name }) => name === this.#preset);
  }
}
