import { renameSync } from "node:fs";
import { join } from "node:path";
import { ESM_BANNER, esbuildOf } from "./esbuild.ts";

interface Options {
  /** From the app's root. */
  readonly outfile: string;
  readonly format: "esm" | "cjs";
}

/**
 * Bundles a module and everything that it imports into one file.
 *
 * @param entry a path from the app's root, or a text and the folder that its imports resolve from
 * @throws Error naming what cannot be resolved or read
 */
export function bundle(
  entry: string | { readonly contents: string; readonly resolveDir: string },
  { outfile, format }: Options,
): void {
  const { root, platform } = $cli.paths;
  const target = join(root, outfile);
  // Two deployments of one folder may run at once: neither reads a file that is half written.
  const part = `${target}.${process.pid}`;
  esbuildOf(platform).buildSync({
    absWorkingDir: root,
    ...(typeof entry === "string" ? { entryPoints: [entry] } : { stdin: entry }),
    outfile: part,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format,
    logLevel: "silent",
    ...(format === "esm" && { banner: { js: ESM_BANNER } }),
  });
  renameSync(part, target);
}
