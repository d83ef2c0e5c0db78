import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { program } from "./programs.ts";

const ENTRY = "packages/core/src/image/decode/transcode-thread.ts";
const FILE = "transcode-thread.mjs";

/**
 * Bundles the thread that transcodes HEIC and BMP, with its WebAssembly. It starts from a file of its own,
 * beside the function's bundle.
 *
 * @returns the file that SST copies into the artifact, beside the bundle, and into the live function of
 *   `sst dev`
 */
export function decoderThread(): { from: string; to: string } {
  const from = join(".sst", "imagefleet", FILE);
  bundle(program(ENTRY), { outfile: from, format: "esm" });
  return { from, to: FILE };
}
