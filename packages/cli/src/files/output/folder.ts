import { mkdir, mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../../usage-error.ts";
import { whyUnwritable } from "../fs-error.ts";

/**
 * Makes a folder and those above it. Node's own recursive mkdir never ends where a parent is there
 * but takes no folders, as under /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" && dirname(folder) !== folder) {
      await makeFolder(dirname(folder));
      await mkdir(folder).catch(unlessThere);
    } else {
      unlessThere(error);
    }
  }
  if (!(await stat(folder)).isDirectory()) {
    throw Object.assign(new Error(`${folder} is a file`), { code: "ENOTDIR" });
  }
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}

/**
 * Makes a folder that a person named, and sees that it can be written into.
 *
 * @param option the one it was named with, such as `--out`
 * @throws WrongUse naming the option, its value and the fix
 */
export async function checkFolder(option: string, folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    // Permissions alone do not tell: a disk may be full, a file system read-only.
    await rmdir(await mkdtemp(join(folder, ".imagefleet-")));
  } catch (error) {
    throw new UsageError(
      `${option} ${folder} cannot be used: ${whyUnwritable(error)}: name a folder that you may write into, or one that is yet to be made`,
      { cause: error },
    );
  }
}
