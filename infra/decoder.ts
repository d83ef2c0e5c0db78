import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

const ENTRY = "packages/core/src/image/unpack-thread.ts";
const FILE = "unpack-thread.mjs";

/**
 * The thread that unpacks HEIC and BMP starts from a file of its own, which must lie beside the
 * function's bundle: bundled here, with its WebAssembly, from the repository's root.
 *
 * @returns what SST is to copy into the artefact, where its bundle lies too, and into the live
 *   function of `sst dev`
 */
export async function decoderThread(): Promise<{ from: string; to: string }> {
  // SST's own, which is there when this runs, and not yet when sst first reads the configuration.
  const { build } = await import("esbuild");
  const from = join(".sst", "imagefleet", FILE);
  mkdirSync(join($cli.paths.root, dirname(from)), { recursive: true });
  await build({
    absWorkingDir: $cli.paths.root,
    entryPoints: [ENTRY],
    outfile: join($cli.paths.root, from),
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    logLevel: "error",
    // libheif-js is CommonJS and asks for `fs`, `__dirname` as it loads.
    banner: {
      js: [
        'import { createRequire as _createRequire } from "node:module";',
        "const require = _createRequire(import.meta.url);",
        "const { dirname: __dirname, filename: __filename } = import.meta;",
      ].join("\n"),
    },
  });
  return { from, to: FILE };
}
