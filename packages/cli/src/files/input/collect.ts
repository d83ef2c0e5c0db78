import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UsageError } from "../../usage-error.ts";
import { whyUnreadable } from "../fs-error.ts";
import { isOurOutput, OUTPUT_MARK } from "../output/mark.ts";
import { IMAGE_EXTENSIONS } from "./extensions.ts";
import { skippedText } from "./found-text.ts";
import { identity, nothingSkipped, SKIPPED, type Skipped, type Unreadable, walk } from "./walk.ts";

/** A file on its way to become a source. */
export interface SourceFile {
  /** Its key in the source bucket. */
  readonly key: string;
  readonly file: string;
  readonly bytes: number;
}

export interface Collected {
  readonly sources: readonly SourceFile[];
  /** By their keys, if they had one. */
  readonly skipped: Skipped;
  /** Links that lead out of the named folders, by their keys: followed. */
  readonly outside: readonly string[];
  readonly unreadable: readonly Unreadable[];
}

/**
 * The files that a person named, and the images in the folders that they named. A key is the path
 * within its folder; of several, each folder's name comes first.
 *
 * @param cwd what a relative path is relative to
 * @param out the folder that is written into: passed over where it lies within a named one
 * @throws WrongUse: a path that is not there or is no file and no folder, nothing to do, two files
 *   with one key, a named folder that is `out` or that renditions were written into
 */
export async function collect(
  paths: readonly string[],
  cwd: string,
  out?: string,
): Promise<Collected> {
  if (paths.includes("")) {
    throw new UsageError('a path is empty (""): name a folder of images, or image files');
  }
  const skipped: Skipped = nothingSkipped();
  let outside: readonly string[] = [];
  const outId = out === undefined ? undefined : await stat(out).then(identity, () => undefined);
  const unreadable: Unreadable[] = [];
  const sources: SourceFile[] = [];
  const roots = new Map(paths.map((path) => [resolve(cwd, path), path]));
  for (const [root, path] of roots) {
    const entry = await lookAt(root, path);
    if (entry.isDirectory() && identity(entry) === outId) {
      throw new UsageError(
        `--out ${root} is the folder of the pictures: what is made would be taken for pictures next time: name another folder`,
      );
    }
    if (!entry.isDirectory()) {
      // What is named is taken, whatever it is called.
      sources.push({ key: basename(root), file: root, bytes: entry.size });
      continue;
    }
    if (await isOurOutput(root)) {
      throw new UsageError(
        `${root} holds what imagefleet made (there is ${OUTPUT_MARK} in it): name the folder of the pictures, or remove that file if these are`,
      );
    }
    const prefix = roots.size > 1 && basename(root) !== "" ? `${basename(root)}/` : "";
    const walked = await walk(root, outId);
    for (const { file, path: within, bytes } of walked.files) {
      sources.push({ key: prefix + within, file, bytes });
    }
    const named = (within: string) => prefix + within;
    for (const kind of SKIPPED)
      skipped[kind] = skipped[kind].concat(walked.skipped[kind].map(named));
    outside = outside.concat(walked.outside.map(named));
    unreadable.push(...walked.unreadable);
  }
  refuseTwins(sources);
  if (sources.length === 0 && unreadable.length === 0) throw nothingIn(paths, skipped);
  return { sources, skipped, outside, unreadable };
}

async function lookAt(root: string, path: string) {
  try {
    const entry = await stat(root);
    if (entry.isFile() || entry.isDirectory()) return entry;
    throw new UsageError(
      `${root} is ${kindOf(entry)}: name a folder of images, or image files (first write to a file what comes out of it)`,
    );
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new UsageError(
      missing
        ? `${root} does not exist: name a folder of images, or image files`
        : `${path} cannot be read: ${whyUnreadable(error)}`,
      { cause: error },
    );
  }
}

/** Opened, such a thing may keep a thread waiting for ever. */
function kindOf(entry: Stats): string {
  if (entry.isFIFO()) return "a pipe (FIFO)";
  return entry.isSocket() ? "a socket" : "a device";
}

function refuseTwins(sources: readonly SourceFile[]): void {
  const byKey = new Map<string, string>();
  for (const { key, file } of sources) {
    const twin = byKey.get(key);
    if (twin !== undefined) {
      throw new UsageError(
        `${twin} and ${file} would both get the key "${key}": rename one of them, or name one folder that holds both`,
      );
    }
    byKey.set(key, file);
  }
}

function nothingIn(paths: readonly string[], skipped: Skipped): UsageError {
  const text = skippedText(skipped);
  const found = text === "" ? "" : ` (${text})`;
  return new UsageError(
    `no image in ${paths.join(", ")}${found}: images are told by name, ${IMAGE_EXTENSIONS.map((extension) => `.${extension}`).join(" ")}`,
  );
}
