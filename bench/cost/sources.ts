import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { bmpOf } from "../../packages/core/src/image/formats/bmp/bmp.fixture.ts";
import { heicOf, TILE, tile } from "../../packages/core/src/image/formats/heic/grid/mux.fixture.ts";
import { DATA, kept, samplesFolder } from "../data.ts";

/** To be raised when the sources change. */
export const COST_VERSION = "cost-1";

/** px; phones take images of up to 48 megapixels. */
const SIZES = {
  small: [640, 480],
  "4 MP": [2400, 1800],
  "12 MP": [4000, 3000],
  "48 MP": [8000, 6000],
} as const;
export type SizeName = keyof typeof SIZES;

/** A format with the properties that determine the memory of its decode. */
export interface CostSource {
  readonly name: string;
  readonly sizes: readonly SizeName[];
  readonly extension: string;
  /** @param photo a noisy photo of that size, which is computed when it is read */
  readonly make: (photo: Sharp, width: number, height: number) => Promise<Buffer>;
}

const ALL: readonly SizeName[] = ["small", "4 MP", "12 MP", "48 MP"];
const QUICK: readonly SizeName[] = ["small", "4 MP", "12 MP"];

function stored(
  name: string,
  extension: string,
  store: (photo: Sharp) => Sharp,
  sizes = QUICK,
): CostSource {
  return { name, extension, sizes, make: (photo) => store(photo).toBuffer() };
}

const grid = (name: 0 | "deep") => async (_photo: Sharp, width: number, height: number) => {
  const [columns, rows] = [Math.ceil(width / TILE), Math.ceil(height / TILE)];
  const tiles = Array.from({ length: columns * rows }, () => tile(name));
  return heicOf({ tiles, columns, rows, width, height });
};

/** Small frames, of which there are many. */
const animated = (format: "gif" | "webp") => async (photo: Sharp) => {
  const whole = await photo
    .resize(640, 480, { fit: "fill" })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const frames = Array.from({ length: 40 }, (_, at) =>
    sharp(whole).linear(1, at).png({ compressionLevel: 0 }).toBuffer(),
  );
  const joined = sharp(await Promise.all(frames), { join: { animated: true } });
  return format === "gif"
    ? joined.gif({ effort: 1 }).toBuffer()
    : joined.webp({ effort: 0 }).toBuffer();
};

async function pages(photo: Sharp): Promise<Buffer> {
  const page = await photo.png({ compressionLevel: 0 }).toBuffer();
  const joined = sharp([page, page, page], { join: { animated: true } });
  return joined.tiff({ compression: "lzw" }).toBuffer();
}

/** 24 bits, rows from bottom to top, as Windows writes it. The width must be divisible by 4. */
async function bmp(photo: Sharp, width: number, height: number): Promise<Buffer> {
  const pixels = await photo.removeAlpha().flip().raw().toBuffer();
  for (let at = 0; at < pixels.length; at += 3) pixels.subarray(at, at + 3).reverse();
  return bmpOf({ width, height, bits: 24 }, pixels);
}

async function drawing(_photo: Sharp, width: number, height: number): Promise<Buffer> {
  const shapes = Array.from({ length: 2000 }, (_, at) => {
    const [x, y] = [(at * 7919) % width, (at * 104_729) % height];
    return `<circle cx="${x}" cy="${y}" r="${width / 40}" fill="#${(at * 8317).toString(16).padStart(6, "0").slice(-6)}" opacity=".7"/>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join("")}</svg>`,
  );
}

export const COST_SOURCES: readonly CostSource[] = [
  stored("JPEG 4:2:0", "jpg", (photo) => photo.jpeg({ quality: 85 }), ALL),
  stored("JPEG 4:4:4", "jpg", (photo) => photo.jpeg({ quality: 90, chromaSubsampling: "4:4:4" })),
  stored("JPEG gray", "jpg", (photo) => photo.toColorspace("b-w").jpeg({ quality: 85 })),
  stored("JPEG CMYK", "jpg", (photo) => photo.toColorspace("cmyk").jpeg({ quality: 85 }), ALL),
  stored("JPEG CMYK progressive", "jpg", (photo) =>
    photo.toColorspace("cmyk").jpeg({ quality: 85, progressive: true }),
  ),
  stored("JPEG progressive 4:2:0", "jpg", (photo) => photo.jpeg({ progressive: true }), ALL),
  stored(
    "JPEG progressive 4:4:4",
    "jpg",
    (photo) => photo.jpeg({ progressive: true, chromaSubsampling: "4:4:4" }),
    ALL,
  ),
  stored("JPEG on its side", "jpg", (photo) =>
    photo.withMetadata({ orientation: 6 }).jpeg({ quality: 85 }),
  ),
  stored("PNG", "png", (photo) => photo.png({ compressionLevel: 2 }), ALL),
  stored("PNG RGBA", "png", (photo) => photo.ensureAlpha(0.5).png({ compressionLevel: 2 })),
  stored("PNG 16 bit", "png", (photo) => photo.toColorspace("rgb16").png({ compressionLevel: 1 })),
  stored("PNG interlaced", "png", (photo) => photo.png({ progressive: true, compressionLevel: 2 })),
  stored("PNG palette", "png", (photo) => photo.png({ palette: true, effort: 1, dither: 0 })),
  stored("WebP lossy", "webp", (photo) => photo.webp({ effort: 0 }), ALL),
  stored("WebP lossy, alpha", "webp", (photo) => photo.ensureAlpha(0.5).webp({ effort: 0 })),
  stored("WebP lossless", "webp", (photo) => photo.webp({ lossless: true, effort: 0 })),
  { name: "WebP animated", extension: "webp", sizes: ["small"], make: animated("webp") },
  stored("GIF", "gif", (photo) => photo.gif({ effort: 1, dither: 0 })),
  { name: "GIF animated", extension: "gif", sizes: ["small"], make: animated("gif") },
  stored("AVIF 8 bit 4:2:0", "avif", (photo) =>
    photo.avif({ effort: 0, chromaSubsampling: "4:2:0" }),
  ),
  stored("AVIF 8 bit 4:4:4", "avif", (photo) =>
    photo.avif({ effort: 0, chromaSubsampling: "4:4:4" }),
  ),
  stored("AVIF 10 bit", "avif", (photo) => photo.avif({ effort: 0, bitdepth: 10 })),
  stored("TIFF strips", "tif", (photo) => photo.tiff({ compression: "none" }), ALL),
  stored("TIFF LZW", "tif", (photo) => photo.tiff({ compression: "lzw" })),
  stored("TIFF tiles", "tif", (photo) =>
    photo.tiff({ compression: "deflate", tile: true, tileWidth: 256, tileHeight: 256 }),
  ),
  stored("TIFF 16 bit", "tif", (photo) =>
    photo.toColorspace("rgb16").tiff({ compression: "none" }),
  ),
  stored("TIFF CMYK", "tif", (photo) => photo.toColorspace("cmyk").tiff({ compression: "none" })),
  { name: "TIFF 3 pages", extension: "tif", sizes: QUICK, make: pages },
  { name: "SVG", extension: "svg", sizes: QUICK, make: drawing },
  { name: "BMP", extension: "bmp", sizes: QUICK, make: bmp },
  { name: "HEIC 8 bit", extension: "heic", sizes: ALL, make: grid(0) },
  { name: "HEIC 10 bit", extension: "heic", sizes: ALL, make: grid("deep") },
];

/** Creates the source once. @returns its path */
export async function costSource(source: CostSource, size: SizeName): Promise<string> {
  const [width, height] = SIZES[size];
  const file = `${source.name}, ${size}.${source.extension}`.replaceAll(/[ ,:]+/g, "-");
  const photo = await readFile(join(await samplesFolder(), "mountain-lake.jpg"));
  return kept(join(DATA, COST_VERSION, file), async (part) => {
    const scaled = sharp(photo).resize(width, height, { fit: "fill", kernel: "cubic" });
    await writeFile(part, await source.make(scaled, width, height));
  });
}
