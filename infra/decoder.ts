import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { program } from "./programs.ts";

const ENTRY = "packages/core/src/image/decode/transcode-thread.ts";
const FILE = "transcode-thread.mjs";

/**
 * The thread that unpacks HEIC and BMP starts from a file of its own, which must lie beside the
 * function's bundle: bundled here, with its WebAssembly.
 *
 * @returns what SST is to copy into the artifact, where its bundle lies too, and into the live
 *   function of `sst dev`
 */
export function decoderThread(): { from: string; to: string } {
  const from = join(".sst", "imagefleet", FILE);
  bundle(program(ENTRY), { outfile: from, format: "esm" });
  return { from, to: FILE };
}
