import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configureCodec, probe, render } from "@imagefleet/core/image";
import { planRenditions } from "@imagefleet/core/plan";
import { defineRecipe } from "@imagefleet/core/recipe";
import sharp, { type Sharp } from "sharp";
import { type Raster, ssim } from "../measure/ssim.ts";
import { MATERIAL, type Material, materials } from "./materials.ts";

/** Widths of the renditions, px; the first is half of the source. */
const WIDTHS = [800, 640, 400, 320] as const;
/** The crop of a rendition, px, and its enlargement. */
const CROP = { width: 96, height: 72 } as const;
const ENLARGED = 4;
const GAP = 8;

interface Picture extends Raster {
  readonly data: Buffer;
  readonly channels: 3;
}

interface CropsOptions {
  readonly dir: string;
  readonly say: (text: string) => void;
}

/**
 * Writes one PNG for each picture and width, with crops side by side: the reference (decoded at full
 * size, scaled once with Lanczos), sharp's idiom, ours, and the JPEG decoder's own scale. Prints the
 * similarity of each to the reference.
 */
export async function writeCrops({ dir, say }: CropsOptions): Promise<void> {
  await mkdir(dir, { recursive: true });
  // Before the codec is configured: it refuses the SVG of one picture.
  const pictures = await materials();
  configureCodec({ threads: 2 });
  say("SSIM to reference    idiom    ours  scaled");
  for (const material of pictures) {
    const ours = await rendered(material);
    for (const width of WIDTHS) {
      const contestants = await contestantsOf(material, width, dir, ours.get(width));
      await writeFile(join(dir, `${material.name}-${width}.png`), await montage(contestants));
      const [reference, ...others] = contestants;
      if (reference === undefined) throw new Error("the reference is missing");
      const cells = others.map((side) => ssim(side, reference).toFixed(4).padStart(8));
      say(`${material.name.padEnd(8)}${String(width).padStart(6)} px${cells.join("")}`);
    }
  }
  say(
    `${dir}: from the left the reference, the idiom, ours, the decoder's own scale; enlarged ${ENLARGED} times`,
  );
}

/** The four, in the montage's order. */
async function contestantsOf(
  { name, jpeg }: Material,
  width: number,
  dir: string,
  ours: Buffer | undefined,
): Promise<Picture[]> {
  const size = { width, height: heightOf(width), fit: "fill" } as const;
  const full = await pixels(sharp(jpeg));
  const { data, channels } = full;
  const path = join(dir, `${name}.tmp.jpg`);
  await writeFile(path, jpeg);
  try {
    const shrink = [8, 4, 2].find((scale) => MATERIAL.width / scale >= width) ?? 1;
    return [
      await pixels(sharp(data, { raw: { ...MATERIAL, channels } }).resize(size)),
      await pixels(sharp(jpeg).resize(size)),
      await pixels(sharp(ours)),
      await pixels(sharp(`${path}[shrink=${shrink}]`).resize(size)),
    ];
  } finally {
    await rm(path, { force: true });
  }
}

function heightOf(width: number): number {
  return Math.round((width * MATERIAL.height) / MATERIAL.width);
}

/** All widths by the real path, by width: the cascade is what is looked at. */
async function rendered({ jpeg }: Material): Promise<Map<number, Buffer>> {
  const recipe = defineRecipe({
    presets: Object.fromEntries(WIDTHS.map((width) => [`w${width}`, { width, format: "png" }])),
  });
  const input = { kind: "bytes", bytes: jpeg } as const;
  const made = new Map<number, Buffer>();
  const plan = planRenditions(await probe(input, recipe), recipe, "picture.jpg", Infinity);
  await render(input, plan, {
    onRendition: ({ width, data }) => {
      made.set(width, data);
    },
  });
  return made;
}

async function pixels(pipeline: Sharp): Promise<Picture> {
  const { data, info } = await pipeline
    .removeAlpha()
    .toColorspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3) throw new Error(`${channels} channels`);
  return { data, width, height, channels };
}

/** The same crop of each, side by side, at a third from the left and the top. */
async function montage(contestants: readonly Picture[]): Promise<Buffer> {
  const [width, height] = [CROP.width * ENLARGED, CROP.height * ENLARGED];
  const crops = await Promise.all(
    contestants.map(({ data, channels, ...size }) =>
      sharp(data, { raw: { ...size, channels } })
        .extract({ left: Math.floor(size.width / 3), top: Math.floor(size.height / 3), ...CROP })
        .png()
        .toBuffer()
        .then((crop) => sharp(crop).resize({ width, height, kernel: "nearest" }).png().toBuffer()),
    ),
  );
  return sharp({
    create: {
      width: crops.length * (width + GAP) - GAP,
      height,
      channels: 3,
      background: "#c00",
    },
  })
    .composite(crops.map((input, at) => ({ input, left: at * (width + GAP), top: 0 })))
    .png()
    .toBuffer();
}
