import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";

/**
 * Why the fleet did not start on a data folder, in the words of the command line.
 *
 * @param fleet the folder of the servers' database
 */
export async function startError(error: unknown, dir: string, fleet: string): Promise<unknown> {
  if (!(error instanceof Error && error.name === "FolderFault" && "why" in error)) return error;
  const cause = { cause: error };
  if (error.why === "full") {
    return new Error(
      `--data ${dir}: no space is left on its disk: make room, or use a folder on another disk with --data DIR`,
      cause,
    );
  }
  if (error.why === "held") {
    // Not another start, whose claim would have been met first.
    return new Error(
      `--data ${dir}: another process has its database open, perhaps the servers of a start that was just killed: try again`,
      cause,
    );
  }
  const denied = await firstDenied(fleet);
  if (denied !== undefined) {
    return new UsageError(
      `--data ${dir}: no permission to read and write ${denied}: give yourself permission, or name another folder with --data DIR`,
      cause,
    );
  }
  return new Error(
    `--data ${dir}: the database in it cannot be opened, it is damaged: --fresh forgets it and begins anew, --data DIR uses another folder`,
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
