import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** The folder of this repository, or of its files in the installed package `@imagefleet/sst`. */
export function programs(): string {
  const { root } = $cli.paths;
  const app = createRequire(join(root, "package.json"));
  try {
    return join(relative(root, dirname(app.resolve("@imagefleet/sst/package.json"))), "fleet");
  } catch {
    return ".";
  }
}

/**
 * The path of a program's module from the app's root: its source, or the bundle in the installed
 * package, because Node does not run TypeScript in node_modules.
 *
 * @param source the path in this repository
 */
export function program(source: string): string {
  const built = join(programs(), "built", source.replace(/\.ts$/, ".mjs"));
  return existsSync(join($cli.paths.root, built)) ? built : join(programs(), source);
}

/** The version of sharp that the programs are tested with. */
export function sharpVersion(): string {
  const core = createRequire(join($cli.paths.root, programs(), "packages/core/package.json"));
  // sharp does not export its package.json.
  const [folder = ""] = /^.*[\\/]node_modules[\\/]sharp(?=[\\/])/.exec(core.resolve("sharp")) ?? [];
  const { version }: { version: string } = core(join(folder, "package.json"));
  return version;
}
