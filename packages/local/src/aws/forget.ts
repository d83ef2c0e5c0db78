import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { folderError, whyUnusable } from "./start-error.ts";

/** fauxqs's file name. */
const DATABASE = "fauxqs.db";

/**
 * Removes the servers' data folder.
 *
 * @throws FolderError while servers have it open, such as those of a start that was just killed: when
 * they end they remove their log by its name, which may then be the log of the next servers
 */
export async function forget(dataDir: string): Promise<void> {
  const database = lock(dataDir);
  try {
    await rm(dataDir, { recursive: true, force: true });
  } finally {
    database?.close();
  }
}

/** Undefined when there is no database or it cannot be opened, for example because it is damaged. */
function lock(dataDir: string): DatabaseSync | undefined {
  const file = join(dataDir, DATABASE);
  if (!existsSync(file)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (whyUnusable(error) === "held") throw folderError(error, dataDir);
    return undefined;
  }
}
