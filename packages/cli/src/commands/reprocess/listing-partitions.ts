import type { S3Client } from "@aws-sdk/client-s3";
import { compareKeys, listFolders, listPages } from "@imagefleet/core/store";
import * as v from "valibot";
import type { Partition } from "./source-key.ts";

/** Parts of a listing. There are more than are read concurrently, because their sizes differ. */
const PARTS = 16;
/** A folder that contains only one folder is descended into, at most to this depth. */
const DEEPEST = 6;
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export const rangeSchema = v.object({
  after: v.optional(v.string()),
  upTo: v.optional(v.string()),
});
export type Range = v.InferOutput<typeof rangeSchema>;

/**
 * Divides the keys below a prefix into ranges that are listed concurrently. They are divided at folders
 * or, where there are none, at the next letter of the key.
 *
 * @throws Failure
 */
export async function divide(s3: S3Client, bucket: string, prefix: string): Promise<Range[]> {
  let at = prefix;
  let folders = await listFolders(s3, bucket, at);
  for (let depth = 1; folders.length === 1 && depth < DEEPEST; depth++) {
    at = folders[0] ?? at;
    folders = await listFolders(s3, bucket, at);
  }
  const edges = folders.length > 1 ? folders : [...LETTERS].map((letter) => at + letter);
  return rangesBetween(edges.toSorted(compareKeys));
}

/** Ranges without gap or overlap. Their bounds are some of the edges. */
export function rangesBetween(edges: readonly string[]): Range[] {
  const count = Math.min(PARTS, edges.length + 1);
  const bounds = Array.from({ length: count - 1 }, (_unused, index) => {
    return edges[Math.floor(((index + 1) * edges.length) / count)] ?? "";
  });
  return Array.from({ length: count }, (_unused, index) => {
    const [after, upTo] = [bounds[index - 1], bounds[index]];
    return { ...(after !== undefined && { after }), ...(upTo !== undefined && { upTo }) };
  });
}

export function listingPartition(
  s3: S3Client,
  bucket: string,
  prefix: string,
  range: Range,
  name: string,
): Partition {
  const { upTo } = range;
  return {
    name,
    async *pages(mark) {
      const after = mark ?? range.after;
      const pages = listPages(s3, bucket, {
        prefix,
        ...(after !== undefined && { after }),
        ...(upTo !== undefined && { upTo }),
      });
      for await (const sourceKeys of pages) {
        yield { sourceKeys, mark: sourceKeys.at(-1)?.key ?? "" };
      }
    },
  };
}
