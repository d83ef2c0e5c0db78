import { probe, render } from "@imagefleet/core/image";
import { planRenditions } from "@imagefleet/core/plan";
import { defineRecipe } from "@imagefleet/core/recipe";
import sharp, { type Sharp } from "sharp";
import { ownCpu } from "../measure/cpu.ts";
import type { Side } from "../measure/interleaved.ts";
import type { ResizePhoto, ResizePicture } from "./pictures.ts";

/** Longest side of each rendition, px. */
export const SIZES = [150, 400, 800] as const;
const LARGEST = Math.max(...SIZES);
const QUALITY = 85;

/** More than a job in a function has, so that nothing is streamed. */
const MEMORY_BYTES = 512 * 1024 * 1024;

const recipe = defineRecipe({
  presets: Object.fromEntries(
    SIZES.map((size) => [
      `s${size}`,
      { size: `${size}x${size}`, format: "jpeg", quality: QUALITY },
    ]),
  ),
});

/** Renders all sizes from the same bytes. */
type Work = () => Promise<unknown>;

/** The contestants that run in this process, by name. */
export async function ownContestants({
  picture,
  path,
  bytes,
}: ResizePhoto): Promise<ReadonlyMap<string, Side>> {
  const works: readonly (readonly [string, Work])[] = [
    ["ours", () => ours(bytes)],
    ["idiom", () => idiom(bytes)],
    ["clone", () => clone(bytes)],
    ["ipx", () => ipx(bytes)],
    ["decodeFloor", () => decodeFloor(bytes, picture)],
    ["decodeEighth", () => decodeAt(path, picture, 8)],
    ["decodeEnough", () => decodeAt(path, picture, enoughShrink(picture))],
    ["encodes", await encodes(bytes)],
  ];
  return new Map(
    works.map(([name, work]) => [
      name,
      {
        once: async () => {
          await work();
        },
        cpu: ownCpu,
      },
    ]),
  );
}

/** As in the function, from the bytes in memory to the renditions. */
async function ours(bytes: Buffer): Promise<void> {
  const input = { kind: "bytes", bytes } as const;
  const info = await probe(input, recipe);
  let made = 0;
  await render(input, planRenditions(info, recipe, "photo.jpg", MEMORY_BYTES), {
    onRendition: () => {
      made += 1;
    },
  });
  if (made !== SIZES.length) throw new Error(`${made} renditions were made of ${SIZES.length}`);
}

/** As in sharp's documentation: one pipeline for each size. */
function idiom(bytes: Buffer): Promise<unknown> {
  return allSizes(() => sharp(bytes, { autoOrient: true }));
}

function clone(bytes: Buffer): Promise<unknown> {
  const source = sharp(bytes, { autoOrient: true });
  return allSizes(() => source.clone());
}

/** One request with its own pipeline for each size; the JPEGs are progressive. */
function ipx(bytes: Buffer): Promise<unknown> {
  return allSizes(() => sharp(bytes, { animated: false }), true);
}

function allSizes(open: () => Sharp, progressive = false): Promise<unknown> {
  return Promise.all(
    SIZES.map((size) =>
      open()
        .resize(size, size, { fit: "inside", withoutEnlargement: true })
        .jpeg({ quality: QUALITY, progressive })
        .toBuffer(),
    ),
  );
}

/** The largest scale factor of the JPEG decode that leaves enough pixels for the largest rendition. */
export function enoughShrink({ width, height }: Pick<ResizePicture, "width" | "height">): number {
  const longest = Math.max(width, height);
  return [8, 4, 2].find((shrink) => longest / shrink >= LARGEST) ?? 1;
}

/** The floor of the design: when asked for 1/8, sharp decodes at 1/4 and halves. */
function decodeFloor(bytes: Buffer, { width, height }: ResizePicture): Promise<unknown> {
  return sharp(bytes)
    .resize(Math.round(width / 8), Math.round(height / 8))
    .raw()
    .toBuffer();
}

/**
 * Only decodes, at exactly this scale. libvips reads the scale from the file name; sharp would choose
 * another one.
 */
async function decodeAt(path: string, { width }: ResizePicture, shrink: number): Promise<void> {
  const { info } = await sharp(`${path}[shrink=${shrink}]`)
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== Math.floor(width / shrink)) {
    throw new Error(
      `${path} was decoded to a width of ${info.width} px: libvips did not read the scale from its name`,
    );
  }
}

/** Only the three encodes, from decoded pixels. */
async function encodes(bytes: Buffer): Promise<Work> {
  const rasters = await Promise.all(
    SIZES.map((size) =>
      sharp(bytes)
        .resize(size, size, { fit: "inside" })
        .raw()
        .toBuffer({ resolveWithObject: true }),
    ),
  );
  return () =>
    Promise.all(
      rasters.map(({ data, info: { width, height, channels } }) =>
        sharp(data, { raw: { width, height, channels } }).jpeg({ quality: QUALITY }).toBuffer(),
      ),
    );
}
