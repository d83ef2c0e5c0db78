import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";

/**
 * Explains why the fleet did not start on a data folder.
 *
 * @param fleet the folder of the database of the servers
 */
export async function startError(error: unknown, dir: string, fleet: string): Promise<unknown> {
  if (!(error instanceof Error && error.name === "FolderError" && "why" in error)) return error;
  const cause = { cause: error };
  if (error.why === "full") {
    return new Error(
      `--data ${dir}: its disk is full. Free some space, or use a folder on another disk with --data DIR`,
      cause,
    );
  }
  if (error.why === "held") {
    // Not another start: the lock would have failed first.
    return new Error(
      `--data ${dir}: another process has its database open, perhaps the servers of a start that was just killed. Try again`,
      cause,
    );
  }
  const denied = await firstDenied(fleet);
  if (denied !== undefined) {
    return new UsageError(
      `--data ${dir}: no permission to read and write ${denied}. Change its permissions, or use another folder with --data DIR`,
      cause,
    );
  }
  return new Error(
    `--data ${dir}: its database is damaged and cannot be opened. Delete it with --fresh, or use another folder with --data DIR`,
    cause,
  );
}

async function firstDenied(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    try {
      await access(path, constants.R_OK | constants.W_OK);
    } catch {
      return path;
    }
  }
  return undefined;
}
