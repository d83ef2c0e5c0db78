import { isUtf8 } from "node:buffer";
import type { Stats } from "node:fs";
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { whyUnreadable } from "../fs-error.ts";
import { isOurOutput } from "../output/mark.ts";
import { isImageName } from "./extensions.ts";

/**
 * What is skipped: files without the extension of an image; hidden files and folders; pipes, sockets and
 * devices, because opening one may block a thread forever; the output folder of this run; the output
 * folders of earlier runs.
 */
export const SKIPPED = ["others", "hidden", "specials", "out", "outputs"] as const;

/** Paths relative to the folder, with `/`. */
export type Skipped = Record<(typeof SKIPPED)[number], readonly string[]>;

export function nothingSkipped() {
  return { others: [], hidden: [], specials: [], out: [], outputs: [] } satisfies Skipped;
}

/** Identifies a file or folder independently of its name. */
export function identity({ dev, ino }: Pick<Stats, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

/** A file or folder that cannot be read. */
export interface Unreadable {
  readonly file: string;
  readonly why: string;
}

interface WalkedFile {
  readonly file: string;
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

export interface Walked {
  readonly files: WalkedFile[];
  readonly skipped: Record<keyof Skipped, string[]>;
  /** The followed links out of the folder that lead to images; paths as in {@link Skipped}. */
  readonly outside: string[];
  readonly unreadable: Unreadable[];
}

/**
 * Every image in and below a folder, in order. Links are followed, but no folder is visited twice.
 *
 * @param out the {@link identity} of the output folder, which is skipped
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
  /** The identities of the visited folders. */
  readonly seen: Set<string>;
  readonly walked: Walked;
  readonly out: string | undefined;
  /** Does a link point out of the folder? */
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
      // Such a name cannot be a key, and Node cannot open it.
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

/** The sorted entries of a folder; none when it is to be skipped. */
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

/** @param isLink a missing file is the target of a link */
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
        : `it is a link to ${target}, which does not exist: fix it or remove it`;
    unreadable.push({ file, why });
    return undefined;
  }
}
