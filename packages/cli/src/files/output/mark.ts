import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./staged-file.ts";

/** By this file a folder is known as one that renditions are written into. */
export const OUTPUT_MARK = ".imagefleet-renditions";

const TEXT = `imagefleet writes renditions into this folder, and does not take what is in it for pictures.
Remove this file if it shall.
`;

/** Were renditions written into this folder, so that its pictures are no sources? */
export async function isOurOutput(folder: string): Promise<boolean> {
  return stat(join(folder, OUTPUT_MARK)).then(
    () => true,
    () => false,
  );
}

/**
 * Marks a folder that is to be written into, so that no later run takes its own renditions for
 * sources. One that holds something else already is not marked: that may be somebody's pictures.
 */
export async function markOutput(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length === 0) await writeWhole(join(folder, OUTPUT_MARK), Buffer.from(TEXT));
}
