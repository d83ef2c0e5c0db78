import fc from "fast-check";
import { expect, it } from "vitest";
import { linesOf } from "./lines.ts";

it("ends a line at LF and CRLF alone, wherever a chunk ends", async () => {
  const unit = fc.constantFrom("a", "\n", "\r\n", "\u2028", "\u2029", "\x85", "🐱");
  await fc.assert(
    fc.asyncProperty(fc.string({ unit }), fc.integer({ min: 1, max: 4 }), async (text, size) => {
      async function* chunks() {
        for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
      }
      const found: string[] = [];
      for await (const lines of linesOf(chunks())) found.push(...lines);
      const wanted = text.split(/\r?\n/);
      // What ends with the end of a line has no empty line after it.
      if (wanted.at(-1) === "") wanted.pop();
      expect(found).toEqual(wanted);
    }),
  );
});
