import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { whyUnwritable } from "../../files/fs-error.ts";
import { makeFolder } from "../../files/output/folder.ts";
import { UsageError } from "../../usage-error.ts";

/** A new file of lines; what `append` has resolved for is on the disk, also after a power cut. */
export interface ExportFile extends AsyncDisposable {
  readonly path: string;
  append(lines: readonly string[]): Promise<void>;
}

/**
 * @param option how the person named the file, for the message
 * @throws WrongUse when it is there already or cannot be written
 */
export async function createExportFile(option: string, path: string): Promise<ExportFile> {
  const file = await create(option, path);
  let last: Promise<void> = Promise.resolve();
  const write = async (lines: readonly string[]) => {
    await file.appendFile(lines.join(""));
    await file.datasync();
  };
  return {
    path,
    append(lines) {
      // One after the other: two lines written at once could run into each other.
      last = last.then(() => write(lines));
      return last;
    },
    async [Symbol.asyncDispose]() {
      await file.close();
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
        : `${option} ${path} cannot be written: ${whyUnwritable(error)}`,
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
