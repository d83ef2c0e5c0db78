import { mkdir, mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../../usage-error.ts";
import { whyUnwritable } from "../fs-error.ts";

/**
 * Creates a folder and its parents. The recursive mkdir of Node never ends where a parent exists but
 * accepts no folders, as in /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" && dirname(folder) !== folder) {
      await makeFolder(dirname(folder));
      await mkdir(folder).catch(ignoreExisting);
    } else {
      ignoreExisting(error);
    }
  }
  if (!(await stat(folder)).isDirectory()) {
    throw Object.assign(new Error(`${folder} is a file`), { code: "ENOTDIR" });
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}

/**
 * Creates a folder that an option names, and checks that it is writable.
 *
 * @param option the option, such as `--out`
 * @throws UsageError with the option, its value and the fix
 */
export async function checkFolder(option: string, folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    // Permissions are not enough: the disk may be full, or the file system read-only.
    await rmdir(await mkdtemp(join(folder, ".imagefleet-")));
  } catch (error) {
    throw new UsageError(
      `${option} ${folder} cannot be used: ${whyUnwritable(error)}: name a writable or a new folder`,
      { cause: error },
    );
  }
}
