import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UsageError } from "../../usage-error.ts";
import { whyUnreadable } from "../fs-error.ts";
import { isOurOutput, OUTPUT_MARK } from "../output/mark.ts";
import { IMAGE_EXTENSIONS } from "./extensions.ts";
import { skippedText } from "./found-text.ts";
import { identity, nothingSkipped, SKIPPED, type Skipped, type Unreadable, walk } from "./walk.ts";

/** A file that becomes a source. */
export interface SourceFile {
  /** Its key in the source bucket. */
  readonly key: string;
  readonly file: string;
  readonly bytes: number;
}

export interface Collected {
  readonly sources: readonly SourceFile[];
  /** The keys that they would have. */
  readonly skipped: Skipped;
  /** The keys of followed links that point out of the named folders. */
  readonly outside: readonly string[];
  readonly unreadable: readonly Unreadable[];
}

/**
 * The named files, and the images in the named folders. A key is the path within the folder; with
 * several folders it starts with the name of the folder.
 *
 * @param cwd the base of relative paths
 * @param out the output folder, which is skipped inside a named folder
 * @throws UsageError for a path that does not exist or is neither file nor folder, for two files with
 *   one key, for a named folder that is `out` or contains renditions, and when there is no image
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
        `--out ${root} is also a source folder, so the next run would read the renditions as sources: name another folder`,
      );
    }
    if (!entry.isDirectory()) {
      // A named file is taken with any name.
      sources.push({ key: basename(root), file: root, bytes: entry.size });
      continue;
    }
    if (await isOurOutput(root)) {
      throw new UsageError(
        `${root} contains renditions (it has the file ${OUTPUT_MARK}): name the folder of the sources, or remove that file if these are sources`,
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
  refuseDuplicates(sources);
  if (sources.length === 0 && unreadable.length === 0) throw nothingIn(paths, skipped);
  return { sources, skipped, outside, unreadable };
}

async function lookAt(root: string, path: string) {
  try {
    const entry = await stat(root);
    if (entry.isFile() || entry.isDirectory()) return entry;
    throw new UsageError(
      `${root} is ${kindOf(entry)}: name a folder of images, or image files (save its content as a file first)`,
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

/** Opening a pipe, socket or device may block a thread forever. */
function kindOf(entry: Stats): string {
  if (entry.isFIFO()) return "a pipe (FIFO)";
  return entry.isSocket() ? "a socket" : "a device";
}

function refuseDuplicates(sources: readonly SourceFile[]): void {
  const byKey = new Map<string, string>();
  for (const { key, file } of sources) {
    const twin = byKey.get(key);
    if (twin !== undefined) {
      throw new UsageError(
        `${twin} and ${file} would both have the key "${key}": rename one of them, or name one folder that contains both`,
      );
    }
    byKey.set(key, file);
  }
}

function nothingIn(paths: readonly string[], skipped: Skipped): UsageError {
  const text = skippedText(skipped);
  const found = text === "" ? "" : ` (${text})`;
  return new UsageError(
    `no image in ${paths.join(", ")}${found}: images are recognized by their extension: ${IMAGE_EXTENSIONS.map((extension) => `.${extension}`).join(" ")}`,
  );
}
