import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { cannotWrite } from "../../files/fs-error.ts";
import { makeFolder } from "../../files/output/folder.ts";
import { UsageError } from "../../usage-error.ts";

/**
 * A new file of lines; what `append` has resolved for is on the disk, also after a power cut. Disposing
 * of it removes it, unless it is to be kept.
 */
export interface ExportFile extends AsyncDisposable {
  /** @throws Error when the disk takes no more; the file then ends with the last whole line */
  append(lines: readonly string[]): Promise<void>;
  keep(): void;
}

/**
 * @param option how the person named the file, for the message
 * @throws WrongUse when it is there already or cannot be written
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
      const saved = isKept ? `. Keep ${path}: what was deleted until now is saved in it` : "";
      throw new Error(`${cannotWrite(`${option} ${path}`, error)}${saved}`, { cause: error });
    }
  };
  return {
    append(lines) {
      // One after the other: two lines written at once could run into each other.
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

async function create(option: string, path: string): Promise<FileHandle> {
  try {
    await makeFolder(dirname(path));
    const file = await open(path, "wx");
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    const there = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw new UsageError(
      there
        ? `${option} ${path}: there is such a file already: name another, or move it away`
        : cannotWrite(`${option} ${path}`, error),
      { cause: error },
    );
  }
}

/** A file is on the disk when its name is, too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
