import sharp, { type Sharp } from "sharp";
import { planRenditions } from "../plan/index.ts";
import { defineRecipe, type RecipeInput } from "../recipe/index.ts";
import { type ImageInput, type ProbeRules, probe, type RenderedImage, render } from "./index.ts";

type Color = readonly number[];
/** The four quadrants: top left, top right, bottom left, bottom right. */
export type Quadrants = readonly [Color, Color, Color, Color];

export const RGB: Quadrants = [
  [220, 40, 40],
  [40, 180, 60],
  [40, 60, 200],
  [230, 210, 50],
];

/** The colors that ink can print: there and back through a press profile. */
export const INKS: Quadrants = [
  [150, 90, 80],
  [90, 120, 90],
  [80, 90, 130],
  [190, 180, 120],
];

/** Four grays in RGB. */
export function grays(...levels: readonly [number, number, number, number]): Quadrants {
  const [a, b, c, d] = levels;
  const rgb = (level: number) => [level, level, level];
  return [rgb(a), rgb(b), rgb(c), rgb(d)];
}

export const BLACK_AND_WHITE = grays(0, 255, 255, 0);

/** The two ways to make a rendition, and the memory that leads to each. */
export const WAYS = [
  ["decoded once", Infinity],
  ["streamed", 1],
] as const;

/** An image with known content: four quadrants of one color each. */
export function quadrants(colors: Quadrants, width = 96, height = 64): Sharp {
  const channels = colors[0].length;
  const data = Buffer.alloc(width * height * channels);
  for (let at = 0; at < width * height; at++) {
    const right = at % width >= width / 2 ? 1 : 0;
    const below = Math.floor(at / width) >= height / 2 ? 2 : 0;
    data.set(colors[right + below] ?? [], at * channels);
  }
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new RangeError(`${channels} channels`);
  }
  return sharp(data, { raw: { width, height, channels } });
}

/** An animation of these frames, or a file of several pages. */
export async function animationOf(...frames: readonly Sharp[]): Promise<Sharp> {
  const join = await Promise.all(frames.map((frame) => frame.png().toBuffer()));
  return sharp(join, { join: { animated: true }, limitInputPixels: false });
}

/** The containers in which an image is stored. */
export const CONTAINERS: readonly (readonly [string, (picture: Sharp) => Sharp])[] = [
  ["jpeg", (picture) => picture.jpeg({ quality: 95, chromaSubsampling: "4:4:4" })],
  ["progressive jpeg", (picture) => picture.jpeg({ quality: 95, progressive: true })],
  ["png", (picture) => picture.png()],
  ["interlaced png", (picture) => picture.png({ progressive: true })],
  ["webp", (picture) => picture.webp({ quality: 95 })],
  ["lossless webp", (picture) => picture.webp({ lossless: true })],
  ["tiff", (picture) => picture.tiff({ compression: "lzw" })],
  ["tiled tiff", (picture) => picture.tiff({ tile: true, tileWidth: 32, tileHeight: 32 })],
  ["avif", (picture) => picture.avif({ quality: 90, effort: 0 })],
];

/** An image with detail at every scale: soft hills, hard rings, a page of print and grain. */
export function detailed(width: number, height: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  let seed = 7;
  const chance = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648 - 0.5;
  };
  const page = Array.from({ length: 4096 }, () => (chance() > 0.1 ? 70 : 0));
  for (let at = 0; at < width * height; at++) {
    const x = at % width;
    const y = Math.floor(at / width);
    const hills = 60 * Math.sin(x / 97) * Math.cos(y / 71);
    const ring = Math.sin(((x - width / 2) ** 2 + (y - height / 2) ** 2) / 9000) > 0 ? 30 : -30;
    const print =
      y % 12 < 8 ? (page[(Math.floor(x / 3) * 7 + Math.floor(y / 3) * 131) % 4096] ?? 0) : 0;
    const value = 110 + hills + ring + (x > width / 2 ? print : 0) + chance() * 16;
    for (let band = 0; band < 3; band++) {
      data[at * 3 + band] = Math.max(0, Math.min(255, value + band * 8));
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** An image of one color. */
export function plain(background: string, width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background } });
}

/** The parts of a recipe that decide which sources are read. */
export function rules(pixels: number, source: RecipeInput["source"] = {}): ProbeRules {
  return defineRecipe({ source, limits: { pixels }, presets: { a: "1w" } });
}

/**
 * Renders with the production code: probe, plan, render. Returns renditions by preset, or by key if
 * a preset has several.
 */
export async function rendered(
  source: Uint8Array | ImageInput,
  presets: RecipeInput["presets"],
  memoryBytes = Infinity,
  more: Partial<RecipeInput> = {},
): Promise<Map<string, RenderedImage>> {
  const input = source instanceof Uint8Array ? ({ kind: "bytes", bytes: source } as const) : source;
  const recipe = defineRecipe({ presets, limits: { pixels: 100_000_000 }, ...more });
  const info = await probe(input, recipe);
  const plan = planRenditions(info, recipe, "key", memoryBytes);
  const made = new Map<string, RenderedImage>();
  await render(input, plan, {
    onRendition: (image) => {
      const { preset, key } = image.plan;
      made.set(preset.responsive ? key : preset.name, image);
    },
  });
  return made;
}

/** The file that a preset produced. */
export function fileOf(made: Map<string, RenderedImage>, preset: string): Buffer {
  const image = made.get(preset);
  if (image === undefined) throw new Error(`nothing was made for "${preset}"`);
  return image.data;
}

export interface Picture {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** The pixels of the file that a preset produced. */
export function pictureOf(made: Map<string, RenderedImage>, preset: string): Promise<Picture> {
  return pixelsOf(fileOf(made, preset));
}

/** The pixels as they are stored in a file. */
export async function pixelsOf(file: Buffer): Promise<Picture> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** The colors in the middle of the four quadrants. */
export function colorsOf({ data, width, height, channels }: Picture): Quadrants {
  const at = (across: number, down: number) => {
    const start = (Math.floor(height * down) * width + Math.floor(width * across)) * channels;
    return [...data.subarray(start, start + channels)];
  };
  return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)];
}

/** A lossless rendition of the source's own size. */
export const WHOLE = { whole: { format: "png" } } as const;

/** The colors of the four quadrants in such a rendition. */
export async function shownColors(
  source: Parameters<typeof rendered>[0],
  memoryBytes = Infinity,
): Promise<Quadrants> {
  return colorsOf(await pictureOf(await rendered(source, WHOLE, memoryBytes), "whole"));
}

/** The largest difference between any two channels of two sets of colors. */
export function farthest(found: readonly Color[], wanted: readonly Color[]): number {
  return Math.max(
    ...wanted.flatMap((color, at) =>
      color.map((value, band) => Math.abs(value - (found[at]?.[band] ?? Number.NaN))),
    ),
  );
}
