import { relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { localPath } from "./local-path.ts";

const segment = fc.oneof(
  fc.constantFrom("", ".", "..", "a", "..\\..", "\u0000", "x.webp"),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "grapheme", minLength: 250, maxLength: 400 }),
);
const key = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));

describe("localPath", () => {
  test("stays in the folder and is valid for a file system", () => {
    fc.assert(
      fc.property(key, (text) => {
        const path = localPath("/some/dir", text);
        const parts = relative("/some/dir", path).split("/");
        expect(parts).not.toContain("..");
        expect(parts).toHaveLength(text.split("/").length);
        for (const part of parts) {
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
          expect(part).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });

  test("is the key itself if possible", () => {
    const plain = "thumb/a b+c%2E'\"/ü/🐱.jpg.webp";
    expect(localPath("/out", plain)).toBe(`/out/${plain}`);
  });

  test("differs for two long names, and keeps their extensions", () => {
    const [a, b] = ["a", "b"].map((end) => localPath("/out", `${"é".repeat(300)}${end}.jpg.webp`));
    expect(a).not.toBe(b);
    expect(a).toMatch(/é~[0-9a-f]{16}\.webp$/);
  });
});
