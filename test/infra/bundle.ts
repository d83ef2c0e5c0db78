import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ESM_BANNER, esbuildOf } from "../../infra/esbuild.ts";

interface PluginBuild {
  onLoad(
    options: { filter: RegExp },
    load: (args: { path: string }) => { contents: string; loader: "default" } | undefined,
  ): void;
}

const EXTERNAL = [
  "@pulumi/*",
  "@pulumiverse/*",
  "@sst-provider/*",
  "@aws-sdk/*",
  "undici",
  "esbuild",
  "archiver",
  "glob",
  "vite",
];

export interface BundleOptions {
  readonly root: string;
  readonly platform: string;
  /** Tells it apart from others that are bundled at the same time. */
  readonly name: string;
  readonly contents: string;
  readonly banner?: string;
  readonly define: Readonly<Record<string, unknown>>;
  /** Put before every file that is not SST's own: its `aws` and `sst`. */
  readonly globals?: string;
}

/** Bundles the configuration as sst does, and imports it. */
export async function imported(options: BundleOptions): Promise<unknown> {
  const { root, platform, globals } = options;
  // The same name each time: what Node has compiled of it is found again, and not kept for ever.
  const outfile = join(platform, `graph.${options.name}.mjs`);
  try {
    await esbuildOf(platform).build({
      stdin: { contents: options.contents, resolveDir: root, sourcefile: "graph.ts", loader: "ts" },
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      mainFields: ["module", "main"],
      nodePaths: [join(platform, "node_modules")],
      external: EXTERNAL,
      banner: { js: `${ESM_BANNER}\n${options.banner ?? ""}` },
      define: Object.fromEntries(
        Object.entries(options.define).map(([name, value]) => [name, JSON.stringify(value)]),
      ),
      ...(globals !== undefined && {
        inject: [join(platform, "src", "shim", "run.js")],
        plugins: [{ name: "globals", setup: (build: PluginBuild) => prepend(build, globals) }],
      }),
      logLevel: "error",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile, { force: true });
  }
}

function prepend(build: PluginBuild, globals: string): void {
  build.onLoad({ filter: /\.(js|ts|jsx|tsx)$/ }, ({ path }) => {
    if (path.includes("/.sst/platform/") || path.includes("\\.sst\\platform\\")) return undefined;
    return { contents: `${globals}\n${readFileSync(path, "utf8")}`, loader: "default" };
  });
}
