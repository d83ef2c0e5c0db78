import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateSamples } from "@imagefleet/local/samples";

/** Where benches keep what they measure with: made once, never committed. */
export const DATA = fileURLToPath(new URL("../.imagefleet/bench/", import.meta.url));

/** The folder of the sample pictures, made where it is missing. */
export async function samplesFolder(): Promise<string> {
  const folder = join(DATA, "samples");
  await mkdir(DATA, { recursive: true });
  await generateSamples(folder);
  return folder;
}

/**
 * A file that is made once and kept: there whole, or not at all.
 *
 * @param make gets the path to write to
 */
export async function kept(path: string, make: (part: string) => Promise<void>): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${randomUUID()}.tmp`;
  try {
    await make(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
  return path;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
