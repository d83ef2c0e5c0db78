import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ImageInput } from "../input.ts";

/** libvips ignores white space. */
const ENDS_AS_OPTIONS = /\]\s*$/;

/**
 * Passes an input to `use` under a path that contains no options. sharp passes the path unchanged
 * to libvips, which parses brackets at its end as options: for a file called `photo.jpg[shrink=8]`
 * it would read `photo.jpg` at an eighth of its size.
 */
export async function withSafePath<T>(
  input: ImageInput,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  if (input.kind === "bytes" || !ENDS_AS_OPTIONS.test(input.path)) return use(input);
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-name-"));
  try {
    const path = join(folder, "source");
    await symlink(resolve(input.path), path);
    return await use({ kind: "file", path });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
