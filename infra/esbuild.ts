import { createRequire } from "node:module";
import { join } from "node:path";

/** What is used of esbuild. */
interface Esbuild {
  build(options: object): Promise<unknown>;
  buildSync(options: object): unknown;
}

/** Put before a bundle in ESM: CommonJS packages in it ask for these as they load. */
export const ESM_BANNER = [
  'import { createRequire as _createRequire } from "node:module";',
  "const require = _createRequire(import.meta.url);",
  "const { dirname: __dirname, filename: __filename } = import.meta;",
].join("\n");

/**
 * The esbuild that SST's platform brings along.
 *
 * @param platform the folder of SST's platform, `.sst/platform`
 */
export function esbuildOf(platform: string): Esbuild {
  const esbuild: Esbuild = createRequire(join(platform, "package.json"))("esbuild");
  return esbuild;
}
