import type { S3Client } from "@aws-sdk/client-s3";
import { manifestPattern, renditionPatterns } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { compareKeys, type ListedObject, listPages } from "@imagefleet/core/store";
import { SortedDiff } from "./sorted-diff.ts";

/** The rendition bucket by prefixes of keys. Each part is listed once. */
export interface SourceDiffs {
  readonly all: readonly SortedDiff[];
  /** The diff of the keys with this prefix. */
  of(before: string): SortedDiff;
  /** Does a key with the prefix `before` belong to the diff of a longer prefix? */
  isNestedIn(before: string, key: string): boolean;
}

/** No source key contains it. A prefix followed by it sorts after every key with that prefix. */
const LAST = "\u{10ffff}";

export function sourceDiffsOf(
  s3: S3Client,
  bucket: string,
  recipe: Recipe,
  onPage: (objects: number) => void,
  unexpected: (object: ListedObject) => Promise<void>,
): SourceDiffs {
  const patterns = [manifestPattern(recipe), ...renditionPatterns(recipe)];
  // The whole output.prefix is listed: objects that no preset writes any more lie between the others.
  const befores = [...new Set([recipe.output.prefix, ...patterns.map(({ before }) => before)])];
  const nestedIn = (before: string) =>
    befores
      .filter((other) => other !== before && other.startsWith(before))
      .filter((other, _at, inner) => !inner.some((one) => one !== other && other.startsWith(one)))
      .sort(compareKeys);
  const nested = new Map(befores.map((before) => [before, nestedIn(before)]));
  const diffs = new Map(
    befores.map((before) => {
      const inner = nested.get(before) ?? [];
      const pages = counted(pagesOutside(s3, bucket, before, inner), onPage);
      return [before, new SortedDiff(before, pages, unexpected)];
    }),
  );
  return {
    all: [...diffs.values()],
    isNestedIn: (before, key) => (nested.get(before) ?? []).some((inner) => key.startsWith(inner)),
    of(before) {
      const diff = diffs.get(before);
      if (diff === undefined) throw new Error(`no diff has the prefix ${before}`);
      return diff;
    },
  };
}

/** The objects below a prefix and below none of the nested prefixes, in order. */
async function* pagesOutside(
  s3: S3Client,
  bucket: string,
  prefix: string,
  nested: readonly string[],
): AsyncGenerator<ListedObject[]> {
  let after: string | undefined;
  for (const inner of nested) {
    const range = { prefix, upTo: inner, ...(after !== undefined && { after }) };
    for await (const page of listPages(s3, bucket, range)) {
      yield page.filter(({ key }) => key !== inner);
    }
    after = inner + LAST;
  }
  yield* listPages(s3, bucket, { prefix, ...(after !== undefined && { after }) });
}

async function* counted(
  pages: AsyncIterable<ListedObject[]>,
  onPage: (objects: number) => void,
): AsyncGenerator<ListedObject[]> {
  for await (const page of pages) {
    onPage(page.length);
    yield page;
  }
}
