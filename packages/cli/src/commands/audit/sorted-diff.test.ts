import { compareKeys, type ListedObject } from "@imagefleet/core/store";
import fc from "fast-check";
import { expect, it } from "vitest";
import { SortedDiff } from "./sorted-diff.ts";

const AFTERS = [".webp", "/b.webp", ".jpg"];

async function* inPages(keys: readonly string[], size: number): AsyncGenerator<ListedObject[]> {
  const objects = keys
    .toSorted(compareKeys)
    .map((key) => ({ key, bytes: 1, etag: "e", modified: 0 }));
  for (let from = 0; from < objects.length; from += size) yield objects.slice(from, from + size);
}

it("finds exactly the existing, the missing and the unexpected keys", async () => {
  // Few characters, around the "." of an extension, make keys that are prefixes of one another.
  const path = fc.string({
    unit: fc.constantFrom("a", "c", "-", ".", "/", "w", "z", "\ue000", "🐱"),
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(path, { maxLength: 30 }),
      fc.uniqueArray(path, { maxLength: 10 }),
      fc.subarray(AFTERS, { minLength: 1 }),
      fc.integer({ min: 1, max: 5 }),
      fc.func(fc.boolean()),
      async (paths, others, afters, size, isThere) => {
        const sources = paths.toSorted(compareKeys);
        const expected = sources.flatMap((each) => afters.map((after) => `p/${each}${after}`));
        const there = expected.filter((key) => isThere(key));
        const extra = others
          .map((each) => `p/${each}.extra`)
          .filter((key) => !expected.includes(key));
        const found: string[] = [];
        const missing: string[] = [];
        const unexpected: string[] = [];
        const diff = new SortedDiff(
          "p/",
          inPages([...new Set([...there, ...extra])], size),
          async ({ key }) => {
            unexpected.push(key);
          },
        );
        for (const source of sources) {
          await diff.passed(source);
          for (const after of afters) {
            const key = `p/${source}${after}`;
            diff.expect({
              key,
              settle: (object) => (object ? found.push(object.key) : missing.push(key)),
            });
          }
        }
        await diff.finish();
        expect(found.sort()).toEqual([...new Set(there)].sort());
        expect(missing.sort()).toEqual(expected.filter((key) => !there.includes(key)).sort());
        expect(unexpected.sort()).toEqual([...new Set(extra)].sort());
      },
    ),
    { numRuns: 300 },
  );
});
