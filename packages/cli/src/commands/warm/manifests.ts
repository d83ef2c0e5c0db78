import type { S3Client } from "@aws-sdk/client-s3";
import type { NamedSources } from "@imagefleet/core/invalidation";
import { manifestPattern, sourceOfOutput } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { compareKeys, listPages } from "@imagefleet/core/store";
import { namedSources } from "../../delivery/named-sources.ts";

/** Keys of manifests that are handled together. */
const PAGE = 100;

interface Selection {
  readonly recipe: Recipe;
  readonly bucket: string;
  /** Keys and prefixes of sources. Empty: all sources. */
  readonly named: readonly string[];
  /** Only manifests after the one of this source. */
  readonly after: string | undefined;
}

/** A manifest's key, and that of its source. */
interface ManifestKey {
  readonly key: string;
  readonly source: string;
}

/**
 * The keys of the selected manifests in S3's order, so that a run can continue after any of them. The
 * key of a source that is named itself is returned whether it has a manifest or not.
 *
 * @throws UsageError for a name that cannot be a source's; Failure when S3 does not answer
 */
export async function* manifestKeys(
  s3: S3Client,
  { recipe, bucket, named, after }: Selection,
): AsyncGenerator<readonly ManifestKey[]> {
  const pattern = manifestPattern(recipe);
  const wanted = named.map((text) => namedSources(recipe, text));
  const mark =
    after === undefined
      ? undefined
      : pattern.before + namedSources(recipe, after).path + pattern.after;
  for (const one of ordered(wanted)) {
    const start = pattern.before + one.path;
    if (one.prefix === undefined) {
      const key = start + pattern.after;
      if (mark !== undefined && compareKeys(key, mark) <= 0) continue;
      yield [{ key, source: sourceOfOutput(recipe, key) ?? "" }];
      continue;
    }
    const { prefix } = one;
    const range = { prefix: start, ...(mark !== undefined && { after: mark }) };
    for await (const objects of listPages(s3, bucket, range)) {
      const keys = objects.flatMap(({ key }) => {
        const source = key.endsWith(pattern.after) ? sourceOfOutput(recipe, key) : undefined;
        return source?.startsWith(prefix) ? { key, source } : [];
      });
      for (let from = 0; from < keys.length; from += PAGE) yield keys.slice(from, from + PAGE);
    }
  }
}

/** Targets in the order of their manifests, without those that another prefix contains. */
function ordered(named: readonly NamedSources[]): NamedSources[] {
  if (named.length === 0) return [{ path: "", prefix: "" }];
  const distinct = named.filter(({ path, prefix }, at) => {
    return !named.some((other, index) => {
      if (index === at || other.prefix === undefined || !path.startsWith(other.path)) return false;
      // Of two equal ones the first stays.
      return other.path !== path || prefix === undefined || index < at;
    });
  });
  return distinct.toSorted((a, b) => compareKeys(a.path, b.path));
}
