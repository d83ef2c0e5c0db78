import { isUtf8 } from "node:buffer";
import type { Stats } from "node:fs";
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { whyUnreadable } from "../fs-error.ts";
import { isOurOutput } from "../output/mark.ts";
import { isImageName } from "./extensions.ts";

/**
 * What is passed over: files that are no images by their name; files and folders whose name begins
 * with a dot; pipes, sockets and devices, whatever their name, for one that is opened may keep a thread
 * waiting for ever; the folder that this very run writes into; folders that an earlier run has written
 * renditions into.
 */
export const SKIPPED = ["others", "hidden", "specials", "out", "outputs"] as const;

/** Paths from the folder's root, with `/`. */
export type Skipped = Record<(typeof SKIPPED)[number], readonly string[]>;

export function nothingSkipped() {
  return { others: [], hidden: [], specials: [], out: [], outputs: [] } satisfies Skipped;
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
  readonly skipped: Record<keyof Skipped, string[]>;
  /** Links out of the root that lead to images: followed, and told. Paths as of what is skipped. */
  readonly outside: string[];
  readonly unreadable: Unreadable[];
}

/**
 * Every image in a folder and below it, by name; links are followed, but to no folder twice.
 *
 * @param out the {@link identity} of a folder to pass over: the one that is written into
 */
export async function walk(root: string, out?: string): Promise<Walked> {
  const walked: Walked = { files: [], skipped: nothingSkipped(), outside: [], unreadable: [] };
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
    const within = path + name;
    if (name.startsWith(".")) {
      walked.skipped.hidden.push(within);
    } else if (!isUtf8(entry.name)) {
      // Neither can it be a key, nor does Node open it by such a name.
      if (!entry.isDirectory() && !isImageName(name)) walked.skipped.others.push(within);
      else walked.unreadable.push({ file, why: "its name is not UTF-8: rename it" });
    } else {
      const isLink = entry.isSymbolicLink();
      const target = await look(file, walked, () => stat(file), isLink);
      const before = walked.files.length;
      if (target?.isDirectory()) await walkFolder(file, `${within}/`, walk);
      else if (target) take(target, { file, path: within, bytes: target.size }, walked);
      const isTaken = walked.files.length > before;
      if (isLink && isTaken && (await walk.isOutside(file))) walked.outside.push(within);
    }
  }
}

/** What is in a folder, by name; nothing when it is not to be gone through. */
async function entriesOf(folder: string, path: string, { seen, walked, out }: Walk) {
  const entries = await look(folder, walked, async () => {
    const id = identity(await stat(folder));
    if (id === out) walked.skipped.out.push(path.slice(0, -1));
    if (id === out || seen.has(id)) return [];
    seen.add(id);
    if (path !== "" && (await isOurOutput(folder))) {
      walked.skipped.outputs.push(path.slice(0, -1));
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
  if (!target.isFile()) skipped.specials.push(file.path);
  else if (isImageName(file.path)) files.push(file);
  else skipped.others.push(file.path);
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
