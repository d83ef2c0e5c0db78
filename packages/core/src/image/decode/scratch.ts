import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../outcome/index.ts";
import type { ImageInput } from "../input.ts";

/**
 * Passes a file that `write` creates to `use`, at a path in a folder of its own, and deletes it
 * when `use` has ended.
 *
 * @throws Failure `DiskFull` if the disk has no space for it
 */
export async function withScratchFile<T>(
  write: (path: string) => Promise<void>,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-copy-"));
  const path = join(folder, "source");
  try {
    await write(path);
    return await use({ kind: "file", path });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") {
      throw new Failure("DiskFull", "the disk was full before the source was copied", {
        cause: error,
      });
    }
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
