import { createRequire } from "node:module";
import { join } from "node:path";

/** What is used of esbuild, which SST's platform brings along. */
interface Esbuild {
  buildSync(options: object): unknown;
}

interface Options {
  /** From the app's root. */
  readonly outfile: string;
  readonly format: "esm" | "cjs";
}

/**
 * Makes one file of a module and all that it imports.
 *
 * @param entry a file from the app's root; or a text, and the folder that it imports from
 * @throws Error with what cannot be found or read
 */
export function bundle(
  entry: string | { readonly contents: string; readonly resolveDir: string },
  { outfile, format }: Options,
): void {
  const { root, platform } = $cli.paths;
  const esbuild: Esbuild = createRequire(join(platform, "package.json"))("esbuild");
  esbuild.buildSync({
    absWorkingDir: root,
    ...(typeof entry === "string" ? { entryPoints: [entry] } : { stdin: entry }),
    outfile: join(root, outfile),
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format,
    logLevel: "silent",
    // What is CommonJS asks for `fs` and `__dirname` as it loads.
    ...(format === "esm" && {
      banner: {
        js: [
          'import { createRequire as _createRequire } from "node:module";',
          "const require = _createRequire(import.meta.url);",
          "const { dirname: __dirname, filename: __filename } = import.meta;",
        ].join("\n"),
      },
    }),
  });
}
