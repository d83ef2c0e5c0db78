import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file that is written, but not yet seen under its name. */
export interface StagedFile {
  readonly path: string;
  /** Shows it under its name, whole, in place of what was there. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export async function stageFile(path: string, bytes: Uint8Array): Promise<StagedFile> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // In the same folder, hence on the same file system: a rename is one step there.
  const part = join(folder, `.${randomUUID()}.tmp`);
  const discard = () => rm(part, { force: true });
  try {
    await writeFile(part, bytes);
  } catch (error) {
    await discard();
    throw error;
  }
  return { path, commit: () => rename(part, path), discard };
}

/** Writes a file so that it is there whole or not at all. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const staged = await stageFile(path, bytes);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}
