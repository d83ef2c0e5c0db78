import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@imagefleet/core/process";

/**
 * Creates a folder for the downloads of this process, after it removes the folders of processes that
 * do not exist any more: their sources must not fill the disk.
 *
 * @param parent the folder of all processes' folders
 * @returns the path of the new folder
 */
export async function openScratch(parent: string, pid: number): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const owner = Number(name);
    if (Number.isInteger(owner) && (owner === pid || !isAlive(owner))) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
  const own = join(parent, String(pid));
  await mkdir(own);
  return own;
}
