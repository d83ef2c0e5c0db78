import { readFile } from "node:fs/promises";
import { bmpOf } from "../../packages/core/src/image/formats/bmp/bmp.fixture.ts";
import { exifBomb, withExif } from "../../packages/core/src/image/formats/exif/bomb.fixture.ts";
import { heicOf, tile } from "../../packages/core/src/image/formats/heic/grid/mux.fixture.ts";
import {
  circular,
  sequence,
  tiled,
} from "../../packages/core/src/image/formats/iso/bombs.fixture.ts";
import { samplesOf } from "../../packages/core/src/image/formats/tiff/colors.fixture.ts";
import { type Layout, tiffOf } from "../../packages/core/src/image/formats/tiff/written.fixture.ts";
import {
  animationOf,
  CONTAINERS,
  detailed,
  plain,
  quadrants,
  RGB,
} from "../../packages/core/src/image/pictures.fixture.ts";
import { manyScans } from "./scans.fixture.ts";

export interface Seed {
  readonly name: string;
  readonly file: Buffer;
}

const FORMATS = new URL("../../packages/core/src/image/formats/", import.meta.url);
const fixture = (name: string) => readFile(new URL(name, FORMATS));

/** An intact file of every supported kind. */
export async function corpus(): Promise<Seed[]> {
  const picture = () => detailed(120, 90);
  const stored = [
    ...CONTAINERS.map(([name, store]) => [name, store(picture())] as const),
    ["jpeg, cmyk", picture().toColorspace("cmyk").jpeg()] as const,
    ["png, palette", picture().png({ palette: true })] as const,
    ["png, 16 bit", picture().toColorspace("rgb16").png()] as const,
    ["gif", picture().gif({ effort: 1 })] as const,
    ["gif, animated", (await animation()).gif({ effort: 1 })] as const,
    ["webp, animated", (await animation()).webp()] as const,
    ["tiff, uncompressed", picture().tiff({ compression: "none" })] as const,
    ["tiff, jpeg", picture().tiff({ compression: "jpeg" })] as const,
    ["tiff, pages", (await animation()).tiff({ compression: "deflate" })] as const,
    ["tiff, big", picture().tiff({ bigtiff: true, compression: "lzw" })] as const,
    [
      "jpeg, profile and exif",
      quadrants(RGB).withMetadata({ orientation: 6 }).withIccProfile("p3").jpeg(),
    ] as const,
  ];
  return [
    ...(await Promise.all(
      stored.map(async ([name, made]) => ({ name, file: await made.toBuffer() })),
    )),
    ...(await Promise.all(
      ["plain", "alpha", "phone"].map(async (name) => ({
        name: `heic, ${name}`,
        file: await fixture(`heic/${name}.fixture.heic`),
      })),
    )),
    ...TIFFS.map(([name, layout]) => ({ name, file: tiffOf(layout, samplesOf(layout)) })),
    { name: "bmp, 24 bit", file: bmp(24, 0) },
    { name: "bmp, 8 bit", file: bmp(8, 0) },
    { name: "bmp, runs", file: bmp(8, 1) },
    { name: "svg", file: SVG },
    { name: "jpeg, restarts", file: await fixture("jpeg/restarts.fixture.jpg") },
    { name: "jpeg, arithmetic", file: await fixture("jpeg/arithmetic.fixture.jpg") },
    ...(await bombs()),
  ];
}

/** Valid files of at most 65 KB that could take a codec long. */
export async function bombs(): Promise<Seed[]> {
  const formats = ["jpeg", "png", "webp", "avif"] as const;
  const block = exifBomb(6, 2600, 2600, 0x8825);
  const exif = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), block]);
  const grid = { tiles: [tile(0)], columns: 1, rows: 1, width: 64, height: 64 };
  const avif = (side: number) => plain("#c33", side, side).avif({ effort: 0 }).toBuffer();
  const heic = await fixture("heic/grid/tile-0.fixture.heic");
  return [
    ...(await Promise.all(
      formats.map(async (format) => ({
        name: `${format}, exif bomb`,
        file: await withExif(format, block),
      })),
    )),
    { name: "heic, exif bomb", file: heicOf({ ...grid, exif }) },
    { name: "jpeg, 883 scans", file: manyScans(1024) },
    { name: "avif, 256 tiles for 64 px", file: await tiled(await avif(2048), 16, 64) },
    { name: "avif, 256 tiles", file: await tiled(await avif(512), 16, 8192) },
    { name: "heic, 256 tiles for 64 px", file: await tiled(heic, 16, 64) },
    { name: "avif, tiles in a circle", file: await circular(await avif(64)) },
    { name: "avif, 5,000 frames", file: await sequence(await avif(64), 5000) },
    { name: "heic, 5,000 frames", file: await sequence(heic, 5000) },
  ];
}

const TIFFS: readonly (readonly [name: string, layout: Layout])[] = [
  ["tiff, spot colors", { photometric: "rgb", extras: [2, 0, 0], compression: "lzw" }],
  ["tiff, cmyk and a mask, in planes", { photometric: "cmyk", extras: [0], planar: true }],
  ["tiff, lab, in tiles", { photometric: "cielab", tile: [32, 16], compression: "adobe" }],
  ["tiff, ycbcr", { photometric: "ycbcr", bigEndian: true, compression: "packbits" }],
];

const animation = () => animationOf(quadrants(RGB), quadrants(RGB).negate(), quadrants(RGB).flop());

const SVG = Buffer.from(
  `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="120" height="90" viewBox="0 0 120 90"><defs><linearGradient id="g"><stop offset="0" stop-color="#c33"/><stop offset="1" stop-color="#33c"/></linearGradient></defs><rect width="120" height="90" fill="url(#g)"/><path d="M10 10 C 40 80, 65 10, 95 80 S 110 70, 115 20" stroke="#000" fill="none"/><text x="9" y="50">words</text></svg>`,
);

/** 61 x 40 px; with run lengths, one run per row. */
function bmp(bits: 8 | 24, method: 0 | 1): Buffer {
  const [width, height] = [61, 40];
  const entry = (at: number) => [14 + at * 28, 7 + at * 28, at * 28].map((value) => value & 255);
  const palette = Array.from({ length: bits === 8 ? 256 : 0 }, (_, at) => entry(at));
  const stride = Math.ceil((width * bits) / 32) * 4;
  const rows = Buffer.alloc(stride * height);
  for (const at of rows.keys()) rows[at] = (at * 31) & 255;
  const runs = Array.from({ length: height }, (_, row) => [width, row, 0, 0]).flat();
  const pixels = method === 0 ? rows : Buffer.from([...runs, 0, 1]);
  return bmpOf({ width, height, bits, method, palette }, pixels);
}
