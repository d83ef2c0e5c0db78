import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./staged-file.ts";

/** The file that marks an output folder. */
export const OUTPUT_MARK = ".imagefleet-renditions";

const TEXT = `imagefleet writes renditions into this folder, and does not read its files as sources.
Remove this file to change that.
`;

/** Is this an output folder, whose images are not sources? */
export async function isOurOutput(folder: string): Promise<boolean> {
  return stat(join(folder, OUTPUT_MARK)).then(
    () => true,
    () => false,
  );
}

/**
 * Marks an output folder, so that no later run reads its renditions as sources. A folder that is not
 * empty is not marked: it may contain a person's own images.
 */
export async function markOutput(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length === 0) await writeWhole(join(folder, OUTPUT_MARK), Buffer.from(TEXT));
}
