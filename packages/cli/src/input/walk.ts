import { isUtf8 } from "node:buffer";
import type { Stats } from "node:fs";
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { whyUnreadable } from "../file-fault.ts";
import { isOurOutput } from "../output/mark.ts";
import { isImageName } from "./extensions.ts";

/** What a folder held, beside the images. */
export interface Skipped {
  /** Files that are no images by their name. */
  others: number;
  /** Files and folders whose name begins with a dot. */
  hidden: number;
  /** Pipes, sockets and devices, whatever their name: opened, one may keep a thread waiting for ever. */
  specials: number;
  /** Folders that this very run writes into. */
  out: number;
  /** Folders that an earlier run has written renditions into. */
  outputs: number;
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
  /** Links to images and folders outside of the root: followed, and told. */
  outside: number;
  readonly unreadable: Unreadable[];
}

/**
 * Every image in a folder and below it, by name; links are followed, but to no folder twice.
 *
 * @param out the {@link identity} of a folder to pass over: the one that is written into
 */
export async function walk(root: string, out?: string): Promise<Walked> {
  const skipped = { others: 0, hidden: 0, specials: 0, out: 0, outputs: 0 };
  const walked: Walked = { files: [], skipped, outside: 0, unreadable: [] };
  const real = await realpath(root).catch(() => root);
  const isOutside = async (file: string) => {
    const target = await realpath(file).catch(() => real);
    return target !== real && !target.startsWith(real.endsWith(sep) ? real : real + sep);
  };
  await walkFolder(root, "", { seen: new Set(), walked, out, isOutside });
  return walked;
}

interface Walk {
  /** Folders that were gone through, by identity. */
  readonly seen: Set<string>;
  readonly walked: Walked;
  readonly out: string | undefined;
  /** Does a link lead out of the root? */
  isOutside(file: string): Promise<boolean>;
}

async function walkFolder(folder: string, path: string, walk: Walk): Promise<void> {
  const { walked } = walk;
  for (const entry of await entriesOf(folder, path, walk)) {
    const name = entry.name.toString();
    const file = join(folder, name);
    if (name.startsWith(".")) {
      walked.skipped.hidden++;
    } else if (!isUtf8(entry.name)) {
      // Neither can it be a key, nor does Node open it by such a name.
      if (!entry.isDirectory() && !isImageName(name)) walked.skipped.others++;
      else walked.unreadable.push({ file, why: "its name is not UTF-8: rename it" });
    } else {
      const isLink = entry.isSymbolicLink();
      const target = await look(file, walked, () => stat(file), isLink);
      const before = walked.files.length;
      if (target?.isDirectory()) await walkFolder(file, `${path}${name}/`, walk);
      else if (target) take(target, { file, path: `${path}${name}`, bytes: target.size }, walked);
      const isTaken = walked.files.length > before;
      if (isLink && isTaken && (await walk.isOutside(file))) walked.outside++;
    }
  }
}

/** What is in a folder, by name; nothing when it is not to be gone through. */
async function entriesOf(folder: string, path: string, { seen, walked, out }: Walk) {
  const entries = await look(folder, walked, async () => {
    const id = identity(await stat(folder));
    if (id === out) walked.skipped.out++;
    if (id === out || seen.has(id)) return [];
    seen.add(id);
    if (path !== "" && (await isOurOutput(folder))) {
      walked.skipped.outputs++;
      return [];
    }
    const options = { withFileTypes: true, encoding: "buffer" } as const;
    const found = await readdir(folder, options);
    return found
      .map((entry) => ({ entry, name: entry.name.toString() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ entry }) => entry);
  });
  return entries ?? [];
}

function take(target: Stats, file: WalkedFile, { files, skipped }: Walked): void {
  if (!target.isFile()) skipped.specials++;
  else if (isImageName(file.path)) files.push(file);
  else skipped.others++;
}

/** @param isLink what is not there is what a link leads to */
async function look<T>(
  file: string,
  { unreadable }: Walked,
  how: () => Promise<T>,
  isLink = false,
): Promise<T | undefined> {
  try {
    return await how();
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const target = isLink && isMissing ? await readlink(file).catch(() => undefined) : undefined;
    const why =
      target === undefined
        ? whyUnreadable(error)
        : `it is a link to ${target}, which is not there: mend it or remove it`;
    unreadable.push({ file, why });
    return undefined;
  }
}
