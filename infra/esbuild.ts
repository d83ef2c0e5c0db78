import { createRequire } from "node:module";
import { join } from "node:path";

/** The functions of esbuild that are used. */
interface Esbuild {
  build(options: object): Promise<unknown>;
  buildSync(options: object): unknown;
}

/** Precedes an ESM bundle: CommonJS packages in it use these names as they load. */
export const ESM_BANNER = [
  'import { createRequire as _createRequire } from "node:module";',
  "const require = _createRequire(import.meta.url);",
  "const { dirname: __dirname, filename: __filename } = import.meta;",
].join("\n");

/**
 * The esbuild of SST's platform.
 *
 * @param platform the folder of SST's platform, `.sst/platform`
 */
export function esbuildOf(platform: string): Esbuild {
  const esbuild: Esbuild = createRequire(join(platform, "package.json"))("esbuild");
  return esbuild;
}
