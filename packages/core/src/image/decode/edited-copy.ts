import { chmod, constants, copyFile, open } from "node:fs/promises";
import type { ImageInput } from "../input.ts";
import { withScratchFile } from "./scratch.ts";

/** Bytes that replace others. At the end of the source they are appended. */
export interface Edit {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Passes a copy of a source with a few changed bytes to `use`, and deletes it when `use` has ended.
 * The copy of a file is a file, which on most file systems shares its blocks with the source.
 * Without edits, `use` gets the source itself.
 *
 * @param end where the copy ends, in bytes, if that is before the source's end
 * @throws Failure `DiskFull`, and any error of `use`
 */
export async function withEditedCopy<T>(
  input: ImageInput,
  edits: readonly Edit[],
  use: (input: ImageInput) => Promise<T>,
  end = Infinity,
): Promise<T> {
  if (edits.length === 0 && end === Infinity) return use(input);
  if (input.kind === "bytes") {
    const kept = input.bytes.subarray(0, end);
    const copy = Buffer.alloc(Math.max(kept.length, ...edits.map(endOf)));
    copy.set(kept);
    for (const { at, bytes } of edits) copy.set(bytes, at);
    return use({ kind: "bytes", bytes: copy });
  }
  return withScratchFile(async (path) => {
    await copyFile(input.path, path, constants.COPYFILE_FICLONE);
    // The copy of a read-only file would be read-only too.
    await chmod(path, 0o600);
    await write(path, edits, end);
  }, use);
}

function endOf({ at, bytes }: Edit): number {
  return at + bytes.length;
}

async function write(path: string, edits: readonly Edit[], end: number): Promise<void> {
  await using file = await open(path, "r+");
  if (end !== Infinity) await file.truncate(end);
  for (const { at, bytes } of edits) await file.write(bytes, 0, bytes.length, at);
}
