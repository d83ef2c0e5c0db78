import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * A folder of this process's own to download into. What killed workers left in folders beside it is
 * removed first: a disk must not fill up with the sources of dead processes.
 *
 * @returns the folder's path
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
