import type { S3Client } from "@aws-sdk/client-s3";
import { manifestPattern, renditionPatterns } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { compareKeys, type ListedObject, listPages } from "@imagefleet/core/store";
import { SortedDiff } from "./sorted-diff.ts";

/** The rendition bucket by what keys begin with: each part is listed once, beside the others. */
export interface SourceDiffs {
  readonly all: readonly SortedDiff[];
  /** The one whose keys begin so. */
  of(before: string): SortedDiff;
  /** Does a key that begins with `before` stand on another shelf, within that one? */
  isNestedIn(before: string, key: string): boolean;
}

/** No key of a source has it, and every key that begins with a prefix is before the prefix with it. */
const LAST = "\u{10ffff}";

export function sourceDiffsOf(
  s3: S3Client,
  bucket: string,
  recipe: Recipe,
  onPage: (objects: number) => void,
  unexpected: (object: ListedObject) => Promise<void>,
): SourceDiffs {
  const patterns = [manifestPattern(recipe), ...renditionPatterns(recipe)];
  // The whole of output.prefix: what no preset of today writes lies between the shelves.
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
      if (diff === undefined) throw new Error(`no shelf begins with ${before}`);
      return diff;
    },
  };
}

/** What is under a prefix and under none of those within it, in order. */
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
