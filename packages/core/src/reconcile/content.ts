import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ImageInput } from "../image/index.ts";
import { type OpenSource, readContent, saveContent } from "../store/index.ts";

/**
 * Lends a source's content to `use`: in memory, or as a file in `scratch` that is removed
 * afterwards.
 *
 * @throws Failure `StoreUnavailable` when the content does not arrive whole
 */
export async function withContent<T>(
  source: OpenSource,
  scratch: string | undefined,
  signal: AbortSignal,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  if (scratch === undefined) {
    return use({ kind: "bytes", bytes: await readContent(source, signal) });
  }
  const path = join(scratch, randomUUID());
  try {
    await saveContent(source, path, signal);
    return await use({ kind: "file", path });
  } finally {
    await rm(path, { force: true });
  }
}
