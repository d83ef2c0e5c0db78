import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { cannotWrite } from "../../files/fs-error.ts";
import { makeFolder } from "../../files/output/folder.ts";
import { UsageError } from "../../usage-error.ts";

/**
 * A new file of lines. Lines are on the disk, even after a power cut, once `append` has resolved.
 * Disposal removes the file unless `keep` was called.
 */
export interface ExportFile extends AsyncDisposable {
  /** @throws Error when the disk is full; the file then ends with the last whole line */
  append(lines: readonly string[]): Promise<void>;
  keep(): void;
}

/**
 * @param option the option that named the file, for the message
 * @throws UsageError when the file exists or cannot be written
 */
export async function createExportFile(option: string, path: string): Promise<ExportFile> {
  const file = await create(option, path);
  let last: Promise<void> = Promise.resolve();
  let size = 0;
  let isKept = false;
  const write = async (lines: readonly string[]) => {
    const bytes = Buffer.from(lines.join(""));
    try {
      await file.appendFile(bytes);
      await file.datasync();
      size += bytes.length;
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      const saved = isKept ? `. Keep ${path}: it contains every dead letter deleted so far` : "";
      throw new Error(`${cannotWrite(`${option} ${path}`, error)}${saved}`, { cause: error });
    }
  };
  return {
    append(lines) {
      // Concurrent writes could interleave lines.
      last = last.then(() => write(lines));
      return last;
    },
    keep() {
      isKept = true;
    },
    async [Symbol.asyncDispose]() {
      await file.close();
      if (!isKept) await rm(path, { force: true });
    },
  };
}

/** @throws UsageError when the file exists, as `createExportFile` does when it is created */
export async function checkExportFile(option: string, path: string): Promise<void> {
  const exists = await stat(path).catch(() => undefined);
  if (exists) throw fileExists(option, path);
}

function fileExists(option: string, path: string): UsageError {
  return new UsageError(
    `${option} ${path}: the file exists. Choose another name, or move the file away`,
  );
}

async function create(option: string, path: string): Promise<FileHandle> {
  try {
    await makeFolder(dirname(path));
    const file = await open(path, "wx");
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (exists) throw fileExists(option, path);
    throw new UsageError(cannotWrite(`${option} ${path}`, error), { cause: error });
  }
}

/** A new file survives a power cut only when its folder's entry is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
