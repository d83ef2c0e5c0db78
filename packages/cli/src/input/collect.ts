import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { WrongUse } from "../wrong-use.ts";
import { IMAGE_EXTENSIONS } from "./extensions.ts";
import { type Skipped, type Unreadable, walk, whyUnreadable } from "./walk.ts";

/** A file on its way to become a source. */
export interface SourceFile {
  /** Its key in the source bucket. */
  readonly key: string;
  readonly file: string;
  readonly bytes: number;
}

export interface Collected {
  readonly sources: readonly SourceFile[];
  readonly skipped: Skipped;
  readonly unreadable: readonly Unreadable[];
}

/**
 * The files that a person named, and the images in the folders that they named. A key is the path
 * within its folder; of several, each folder's name comes first.
 *
 * @param cwd what a relative path is relative to
 * @throws WrongUse: a path that is not there, nothing to do, two files with one key
 */
export async function collect(paths: readonly string[], cwd: string): Promise<Collected> {
  const skipped: Skipped = { others: 0, hidden: 0 };
  const unreadable: Unreadable[] = [];
  const sources: SourceFile[] = [];
  for (const path of paths) {
    const root = resolve(cwd, path);
    const entry = await lookAt(root, path);
    if (!entry.isDirectory()) {
      // What is named is taken, whatever it is called.
      sources.push({ key: basename(root), file: root, bytes: entry.size });
      continue;
    }
    const prefix = paths.length > 1 && basename(root) !== "" ? `${basename(root)}/` : "";
    const walked = await walk(root);
    for (const { file, path: within, bytes } of walked.files) {
      sources.push({ key: prefix + within, file, bytes });
    }
    skipped.others += walked.skipped.others;
    skipped.hidden += walked.skipped.hidden;
    unreadable.push(...walked.unreadable);
  }
  refuseTwins(sources);
  if (sources.length === 0 && unreadable.length === 0) throw nothingIn(paths, skipped);
  return { sources, skipped, unreadable };
}

async function lookAt(root: string, path: string) {
  try {
    return await stat(root);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new WrongUse(
      missing
        ? `${root} does not exist: name a folder of images, or image files`
        : `${path} cannot be read: ${whyUnreadable(error)}`,
      { cause: error },
    );
  }
}

function refuseTwins(sources: readonly SourceFile[]): void {
  const byKey = new Map<string, string>();
  for (const { key, file } of sources) {
    const twin = byKey.get(key);
    if (twin !== undefined) {
      throw new WrongUse(
        `${twin} and ${file} would both get the key "${key}": rename one of them, or name one folder that holds both`,
      );
    }
    byKey.set(key, file);
  }
}

function nothingIn(paths: readonly string[], { others, hidden }: Skipped): WrongUse {
  const beside = others + hidden;
  const found = beside === 0 ? "" : ` (${beside} other file${beside === 1 ? "" : "s"} there)`;
  return new WrongUse(
    `no image in ${paths.join(", ")}${found}: images are told by name, ${IMAGE_EXTENSIONS.map((extension) => `.${extension}`).join(" ")}`,
  );
}
