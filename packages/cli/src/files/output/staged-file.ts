import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isAlive } from "@imagefleet/core/process";
import { cannotWrite } from "../fs-error.ts";
import { makeFolder } from "./folder.ts";

/** A written file that does not have its final name yet. */
export interface StagedFile {
  readonly path: string;
  /** Gives it its final name, and replaces a file of that name. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** The name contains the process id, by which the files of a killed process are recognized. */
const PART = /^\.imagefleet-(\d+)-[0-9a-f-]{36}\.tmp$/;

const staged = new Set<string>();
const swept = new Map<string, Promise<void>>();

export async function stageFile(path: string, bytes: Uint8Array): Promise<StagedFile> {
  const folder = dirname(path);
  await makeFolder(folder);
  await sweep(folder);
  // In the same folder, and so on the same file system, where a rename is atomic.
  const part = join(folder, `.imagefleet-${process.pid}-${randomUUID()}.tmp`);
  const discard = async () => {
    await rm(part, { force: true });
    staged.delete(part);
  };
  staged.add(part);
  try {
    await writeFile(part, bytes);
  } catch (error) {
    await discard();
    throw error;
  }
  const commit = async () => {
    await rename(part, path);
    staged.delete(part);
  };
  return { path, commit, discard };
}

/**
 * Writes a file atomically.
 *
 * @throws Error with a message for a person
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  let file: StagedFile | undefined;
  try {
    file = await stageFile(path, bytes);
    await file.commit();
  } catch (error) {
    await file?.discard();
    throw new Error(cannotWrite(path, error), { cause: error });
  }
}

/** Removes staged files, for a program that exits at once. */
export function discardStaged(): void {
  for (const part of staged) rmSync(part, { force: true });
}

/** Removes the files of killed processes, once for each folder. */
function sweep(folder: string): Promise<void> {
  const sweeping = swept.get(folder) ?? removeOrphans(folder);
  swept.set(folder, sweeping);
  return sweeping;
}

async function removeOrphans(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const orphans = names.filter((name) => {
    const pid = PART.exec(name)?.[1];
    return pid !== undefined && Number(pid) !== process.pid && !isAlive(Number(pid));
  });
  await Promise.all(orphans.map((name) => rm(join(folder, name), { force: true })));
}
