import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onLines } from "./lines.ts";

async function linesOf(chunks: readonly Uint8Array[], longest = 1_000_000): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  onLines(stream, longest, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await finished(stream);
  return lines;
}

test("splits any text in any chunks into its lines", async () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/g, ""));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(40)), async (expected, cuts) => {
      let rest = Buffer.from(expected.map((text) => `${text}\n`).join(""));
      const chunks: Buffer[] = [];
      for (const cut of cuts) {
        chunks.push(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      expect(await linesOf([...chunks, rest])).toEqual(expected);
    }),
  );
});

test("does not split at U+2028, splits at CRLF, and reads a last line without a line end", async () => {
  expect(await linesOf([Buffer.from('{"key":"a\u2028b"}\r\n\nlast')])).toEqual([
    '{"key":"a\u2028b"}',
    "",
    "last",
  ]);
});

test("cuts a line at the maximum length", async () => {
  expect(await linesOf([Buffer.from("aaaaaaa"), Buffer.from("aaa\nb\n")], 4)).toEqual([
    "aaaa",
    "aaaaaa".slice(0, 6),
    "b",
  ]);
});
