import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateSamples } from "@imagefleet/local/samples";

/** The command line. */
export const CLI = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));

/** The shipped recipe. */
export const RECIPE = new URL("../recipe.ts", import.meta.url);

/** The folder for the input of benches, which is created once and never committed. */
export const DATA = fileURLToPath(new URL("../.imagefleet/bench/", import.meta.url));

/** The folder of the sample images, created if it is missing. */
export async function samplesFolder(): Promise<string> {
  const folder = join(DATA, "samples");
  await mkdir(DATA, { recursive: true });
  await generateSamples(folder);
  return folder;
}

/**
 * A file or folder that is created once, atomically.
 *
 * @param make writes it to the given path
 */
export async function kept(path: string, make: (part: string) => Promise<void>): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${randomUUID()}.tmp`;
  try {
    await make(part);
    await rename(part, path);
  } catch (error) {
    // A concurrent run may have created the folder.
    if (!(await exists(path))) throw error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return path;
}

/** A folder for one run, which is removed on disposal. */
export async function runFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  await mkdir(DATA, { recursive: true });
  const path = await mkdtemp(join(DATA, "run-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
