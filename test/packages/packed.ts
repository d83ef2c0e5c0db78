import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

/** Downloads and runs nothing more than an application needs. */
export const NPM_INSTALL = [
  "install",
  "--no-audit",
  "--no-fund",
  "--loglevel=error",
  "--prefer-offline",
  "--ignore-scripts",
] as const;

/**
 * Builds the packages, and packs some of them as npm would publish them.
 *
 * @param folder takes what is built and packed
 * @returns the paths of the tarballs
 */
export async function packInto(folder: string, names: readonly string[]): Promise<string[]> {
  const [built, packed] = [join(folder, "built"), join(folder, "packed")];
  await mkdir(packed);
  await run(process.execPath, ["scripts/packages/build.ts", built], { cwd: ROOT });
  const pack = ["pack", "--silent", "--pack-destination", packed];
  await Promise.all(names.map((name) => run("npm", pack, { cwd: join(built, name) })));
  return (await readdir(packed)).map((name) => join(packed, name));
}
