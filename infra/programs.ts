import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** The folder of this repository, or of its files in the package that an app has installed. */
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
 * A program's module, from the app's root: its source, or, as Node runs no TypeScript of packages, what
 * the package brings of it.
 *
 * @param source in this repository
 */
export function program(source: string): string {
  const built = join(programs(), "built", source.replace(/\.ts$/, ".mjs"));
  return existsSync(join($cli.paths.root, built)) ? built : join(programs(), source);
}

/** The version of sharp that the programs are tested with. */
export function sharpVersion(): string {
  const core = createRequire(join($cli.paths.root, programs(), "packages/core/package.json"));
  // Its manifest is not among what it exports.
  const [folder = ""] = /^.*[\\/]node_modules[\\/]sharp(?=[\\/])/.exec(core.resolve("sharp")) ?? [];
  const { version }: { version: string } = core(join(folder, "package.json"));
  return version;
}
