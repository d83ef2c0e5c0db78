import fc from "fast-check";
import { expect, it } from "vitest";
import { linesOf, NotUtf8 } from "./lines.ts";

it("ends a line at LF and CRLF only, for any chunks", async () => {
  const unit = fc.constantFrom("a", "\n", "\r\n", "\u2028", "\u2029", "\x85", "🐱");
  await fc.assert(
    fc.asyncProperty(fc.string({ unit }), fc.integer({ min: 1, max: 4 }), async (text, size) => {
      const bytes = Buffer.from(text);
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const found: string[] = [];
      for await (const lines of linesOf(chunks())) found.push(...lines);
      const wanted = text.split(/\r?\n/);
      // A line break at the end starts no empty line.
      if (wanted.at(-1) === "") wanted.pop();
      expect(found).toEqual(wanted);
    }),
  );
});

it.each([
  ["a byte of Latin-1", Buffer.from("a.jpg\ncaf\xe9.jpg\n", "latin1")],
  ["a character that is cut off", Buffer.from("café").subarray(0, -1)],
])("takes %s for no text", async (_what, bytes) => {
  const read = async () => {
    for await (const _lines of linesOf(ReadableStream.from([bytes])));
  };
  await expect(read()).rejects.toBeInstanceOf(NotUtf8);
});

it("accepts a text that ends within a character with mayBeCut", async () => {
  const bytes = Buffer.from("whole\ncafé").subarray(0, -1);
  const found: string[] = [];
  const options = { mayBeCut: true };
  for await (const lines of linesOf(ReadableStream.from([bytes]), options)) found.push(...lines);
  expect(found).toEqual(["whole", "caf\ufffd"]);
});
