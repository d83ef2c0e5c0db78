import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isImageName } from "./extensions.ts";

/** What a folder held, beside the images. */
export interface Skipped {
  /** Files that are no images by their name. */
  others: number;
  /** Files and folders whose name begins with a dot. */
  hidden: number;
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

/** Every image in a folder and below it, by name; links are followed, but to no folder twice. */
export async function walk(root: string): Promise<Walked> {
  const walked: Walked = { files: [], skipped: { others: 0, hidden: 0 }, unreadable: [] };
  await walkFolder(root, "", new Set(), walked);
  return walked;
}

async function walkFolder(
  folder: string,
  path: string,
  seen: Set<string>,
  walked: Walked,
): Promise<void> {
  const names = await look(folder, walked, async () => {
    const { dev, ino } = await stat(folder);
    const identity = `${dev}:${ino}`;
    if (seen.has(identity)) return [];
    seen.add(identity);
    return (await readdir(folder)).sort();
  });
  for (const name of names ?? []) {
    if (name.startsWith(".")) {
      walked.skipped.hidden++;
      continue;
    }
    const file = join(folder, name);
    const entry = await look(file, walked, () => stat(file));
    if (entry?.isDirectory()) await walkFolder(file, `${path}${name}/`, seen, walked);
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

const WHY: Readonly<Record<string, string>> = {
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  ENOENT: "it is not there (any more)",
  ELOOP: "the link leads in a circle",
  EISDIR: "it is a folder",
};

/** What kept us from a file, for a person. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return WHY[code] ?? (error instanceof Error ? error.message : String(error));
}
