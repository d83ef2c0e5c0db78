import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

it("is at most 5 kB of a page's script, and imports nothing", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${import.meta.dirname}/upload.ts`],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    write: false,
    metafile: true,
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  expect(Object.keys(metafile.inputs)).toHaveLength(1);
  expect(gzipSync(code).length).toBeLessThanOrEqual(5 * 1024);
  expect(gzipSync(code).length).toBeGreaterThan(1000);
});
