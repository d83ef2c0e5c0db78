import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { whyUnreadable } from "../file-fault.ts";
import { isImageName } from "./extensions.ts";

/** What a folder held, beside the images. */
export interface Skipped {
  /** Files that are no images by their name. */
  others: number;
  /** Files and folders whose name begins with a dot. */
  hidden: number;
  /** Folders that this very run writes into. */
  out: number;
}

/** The same for two names of one file or folder. */
export function identity({ dev, ino }: Pick<Stats, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

/** A file or folder that could not be looked at. */
export interface Unreadable {
  readonly file: string;
  readonly why: string;
}

interface WalkedFile {
  readonly file: string;
  /** From the folder's root, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

export interface Walked {
  readonly files: WalkedFile[];
  readonly skipped: Skipped;
  readonly unreadable: Unreadable[];
}

/**
 * Every image in a folder and below it, by name; links are followed, but to no folder twice.
 *
 * @param out the {@link identity} of a folder to pass over: the one that is written into
 */
export async function walk(root: string, out?: string): Promise<Walked> {
  const walked: Walked = { files: [], skipped: { others: 0, hidden: 0, out: 0 }, unreadable: [] };
  await walkFolder(root, "", new Set(), walked, out);
  return walked;
}

async function walkFolder(
  folder: string,
  path: string,
  seen: Set<string>,
  walked: Walked,
  out: string | undefined,
): Promise<void> {
  const names = await look(folder, walked, async () => {
    const id = identity(await stat(folder));
    if (id === out) walked.skipped.out++;
    if (id === out || seen.has(id)) return [];
    seen.add(id);
    return (await readdir(folder)).sort();
  });
  for (const name of names ?? []) {
    if (name.startsWith(".")) {
      walked.skipped.hidden++;
      continue;
    }
    const file = join(folder, name);
    const entry = await look(file, walked, () => stat(file));
    if (entry?.isDirectory()) await walkFolder(file, `${path}${name}/`, seen, walked, out);
    else if (entry) take(entry, { file, path: `${path}${name}`, bytes: entry.size }, walked);
  }
}

function take(entry: Stats, file: WalkedFile, { files, skipped }: Walked): void {
  if (entry.isFile() && isImageName(file.path)) files.push(file);
  else skipped.others++;
}

async function look<T>(
  file: string,
  { unreadable }: Walked,
  how: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await how();
  } catch (error) {
    unreadable.push({ file, why: whyUnreadable(error) });
    return undefined;
  }
}
