import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The files of the page. */
export interface Assets {
  readonly script: string;
  readonly style: string;
}

/** Where a published package has the page: see scripts/packages/build.ts. */
const BUILT = new URL("../page/", import.meta.url);

/**
 * The page's script and style. In a clone of the repository they are bundled now, which takes about a tenth
 * of a second, so that there is nothing to build, and nothing built that is older than its source.
 */
export async function readAssets(): Promise<Assets> {
  const built = await Promise.all(
    ["main.js", "main.css"].map((name) => readFile(new URL(name, BUILT), "utf8").catch(() => "")),
  );
  const [script = "", style = ""] = built;
  return script === "" ? bundle() : { script, style };
}

/** Bundles the page. Also for a published package. */
export async function bundle(): Promise<Assets> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../page/main.tsx", import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    outdir: "page",
    format: "esm",
    target: ["chrome109", "firefox115", "safari16"],
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
  });
  const textOf = (suffix: string) =>
    outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
  return { script: textOf(".js"), style: textOf(".css") };
}
