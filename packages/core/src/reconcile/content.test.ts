import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import type { ImageInput } from "../image/index.ts";
import { type OpenSource, Scratch } from "../store/index.ts";
import { withContent } from "./content.ts";

const never = new AbortController().signal;
const content = Buffer.from("imagefleet");

function source(): OpenSource {
  const body = Readable.from([content.subarray(0, 4), content.subarray(4)]);
  return { etag: '"1"', bytes: content.length, own: false, body };
}

function bytesOf(input: ImageInput): Uint8Array {
  if (input.kind !== "bytes") throw new Error("passed as a file");
  return input.bytes;
}

it.each([
  ["returns", (): Promise<void> => Promise.resolve()],
  ["throws", (): Promise<void> => Promise.reject(new Error("no"))],
])("frees the memory at once when `use` %s", async (_how, end) => {
  let passed: Uint8Array | undefined;
  const use = (input: ImageInput) => {
    passed = bytesOf(input);
    expect(Buffer.from(passed).equals(content)).toBe(true);
    return end();
  };
  await withContent(source(), undefined, never, use).catch(() => undefined);
  expect(passed?.byteLength).toBe(0);
});

it("passes a file and removes it afterwards", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-content-"));
  try {
    const passed = await withContent(source(), new Scratch(folder), never, async (input) => {
      if (input.kind !== "file") throw new Error("passed in memory");
      return readFile(input.path);
    });
    expect(passed.equals(content)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
