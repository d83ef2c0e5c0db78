import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configureCodec } from "@imagefleet/core/image";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileOf, rendered } from "../../packages/core/src/image/pictures.fixture.ts";
import { imageMagick, littleCms, type Order } from "./converters.ts";
import { type Distance, distance } from "./delta-e.ts";
import { COLOR_SOURCES, type ColorSource, profileOf } from "./sources.ts";

const background = "#336699";

/**
 * The maximum difference from other programs' colors. Measured with these sources: at most a mean of
 * 0.23 and a 99th percentile of 0.71, because libvips truncates 16 bits to 8 and the others round. A
 * missing profile gives 2.5 and 4.2, and a profile that is applied twice gives more.
 */
const NEAR: Distance = { mean: 0.4, p99: 1 };

/**
 * For inks, measured 0.93 and 3.7, mostly in dark colors. The two other programs, which share
 * littleCMS 2.14, differ by 0.3; libvips contains 2.19, and the cause of the difference is unknown.
 * A wrong intent gives 2.5 and 5.8, and inverted inks give 54.
 */
const NEAR_INK: Distance = { mean: 1.1, p99: 4.2 };

let folder: string;
beforeAll(async () => {
  configureCodec({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), "imagefleet-color-"));
  for (const name of ["cmyk", "srgb"] as const) {
    await writeFile(join(folder, `${name}.icc`), await profileOf(name));
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function order({ extension, profile, clear }: ColorSource, file: Buffer): Promise<Order> {
  const path = join(folder, `source.${extension}`);
  await writeFile(path, file);
  return {
    path,
    folder,
    ...(profile === "ink" && { assign: join(folder, "cmyk.icc") }),
    ...(profile !== "none" && { to: join(folder, "srgb.icc") }),
    ...(clear && { background }),
  };
}

/** Our PNG rendition of the source's own size: only the colors can differ. */
async function ours(file: Buffer, memoryBytes: number, keep: "icc"[]): Promise<Buffer> {
  const presets = { whole: { format: "png" as const, background, keep } };
  const made = fileOf(await rendered(file, presets, memoryBytes), "whole");
  // Like a browser, this applies the profile if there is one.
  return sharp(made).flatten({ background }).removeAlpha().raw().toBuffer();
}

describe.each([
  { found: imageMagick(), sources: COLOR_SOURCES },
  { found: littleCms(), sources: COLOR_SOURCES.filter(({ by }) => by === "both") },
])("colors match those of $found.name", ({ found, sources }) => {
  if ("missing" in found) {
    process.stderr.write(`colors are not compared, because this is missing: ${found.missing}\n`);
  }

  it.for(sources)("$name", async (source, { skip }) => {
    if ("missing" in found) return skip(found.missing);
    const file = await source.file();
    const wanted = await found.converter.convert(await order(source, file));
    const near = source.name.includes("CMYK") || source.name.includes("YCCK") ? NEAR_INK : NEAR;
    for (const memoryBytes of [Infinity, 1]) {
      for (const keep of [[], ["icc" as const]]) {
        const found = distance(await ours(file, memoryBytes, keep), wanted);
        expect(found.mean).toBeLessThan(near.mean);
        expect(found.p99).toBeLessThan(near.p99);
      }
    }
  });
});
