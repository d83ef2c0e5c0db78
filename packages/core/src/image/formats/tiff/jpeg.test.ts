import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec } from "../../index.ts";
import { farthest, type Quadrants, shownColors } from "../../pictures.fixture.ts";
import { QUADRANTS, samplesOf } from "./colors.fixture.ts";
import { type Layout, TYPES, tiffOf } from "./written.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const WIDTH = 96;
const HEIGHT = 64;
/** The luma of QUADRANTS, with the weights of BT.601. */
const GRAYS: Quadrants = [
  [94, 94, 94],
  [124, 124, 124],
  [70, 70, 70],
  [200, 200, 200],
];
/** JPEG rounds. Subsampled chroma bleeds only at the edges, which are not read here. */
const NEAR = 5;

type Kind = "rgb in planes" | "ycbcr" | "black";

interface Cell {
  readonly kind: Kind;
  /** Chroma at full resolution, or at a quarter of the px. */
  readonly subsampling: "4:4:4" | "4:2:0";
  readonly tile?: readonly [number, number];
  readonly rowsPerStrip?: number;
  readonly big?: true;
  readonly bigEndian?: true;
  readonly progressive?: true;
}

/**
 * Every variant in strips and tiles that are multiples of JPEG's blocks, and in strips that are
 * not.
 */
const CELLS: readonly Cell[] = (["rgb in planes", "ycbcr", "black"] as const).flatMap((kind) =>
  (["4:4:4", "4:2:0"] as const)
    .filter((subsampling) => kind === "ycbcr" || subsampling === "4:4:4")
    .flatMap((subsampling) =>
      [
        { tile: [32, 16] as const },
        { rowsPerStrip: 64 },
        { rowsPerStrip: 16 },
        { rowsPerStrip: 48 },
      ]
        // No decoder exists for planes in tiles, which colors.test.ts tests.
        .filter((chunks) => kind !== "rgb in planes" || !("tile" in chunks))
        .map((chunks, at) => ({
          kind,
          subsampling,
          ...chunks,
          ...(at % 2 === 1 && { bigEndian: true as const }),
          ...(at % 3 === 1 && { big: true as const }),
          ...(at === 2 && { progressive: true as const }),
        })),
    ),
);

describe("JPEG in TIFF (compression 7)", () => {
  it.each(CELLS)("$kind, $subsampling, tile $tile, $rowsPerStrip rows per strip", async (cell) => {
    expect(farthest(await shownColors(await jpegTiff(cell)), drawnBy(cell))).toBeLessThan(NEAR);
  });

  it("reads streams that share the tables of the tag JPEGTables", async () => {
    const cell: Cell = { kind: "ycbcr", subsampling: "4:4:4", rowsPerStrip: 32 };
    expect(farthest(await shownColors(await jpegTiff(cell, true)), QUADRANTS)).toBeLessThan(NEAR);
  });

  it("rejects a strip whose stream is truncated", async () => {
    const cell: Cell = { kind: "ycbcr", subsampling: "4:4:4", rowsPerStrip: 64 };
    await expect(jpegTiff(cell, false, 0.5).then(shownColors)).rejects.toMatchObject({
      reason: "SourceCorrupt",
    });
  });
});

function drawnBy({ kind }: Cell): Quadrants {
  return kind === "black" ? GRAYS : QUADRANTS;
}

/** @param arrived the share of each stream that is stored */
async function jpegTiff(cell: Cell, sharesTables = false, arrived = 1): Promise<Buffer> {
  const { kind, tile, rowsPerStrip, big, bigEndian } = cell;
  const [across, down] = tile ?? [WIDTH, rowsPerStrip ?? HEIGHT];
  const planes = kind === "rgb in planes" ? [0, 1, 2] : [undefined];
  const streams: Buffer[] = [];
  for (const plane of planes) {
    for (let top = 0; top < HEIGHT; top += down) {
      for (let left = 0; left < WIDTH; left += across) {
        const height = tile === undefined ? Math.min(down, HEIGHT - top) : down;
        streams.push(await encoded(cell, plane, { left, top, width: across, height }));
      }
    }
  }
  const parts = sharesTables ? streams.map(split) : [];
  const stored = sharesTables ? parts.map(({ stream }) => stream) : streams;
  const tables = parts[0]?.tables;
  const photometric = kind === "black" ? "black" : kind === "ycbcr" ? "ycbcr" : "rgb";
  const subsampled = cell.subsampling === "4:2:0" ? [2, 2] : [1, 1];
  const layout: Layout = {
    photometric,
    compression: "jpeg",
    stored: stored.map((stream) => stream.subarray(0, Math.ceil(stream.length * arrived))),
    ...(kind === "rgb in planes" && { planar: true }),
    ...(tile ? { tile } : { rowsPerStrip: rowsPerStrip ?? HEIGHT }),
    ...(big && { big }),
    ...(bigEndian && { bigEndian }),
    tags: [
      ...(photometric === "ycbcr" ? [[530, TYPES.short, subsampled] as const] : []),
      ...(tables ? [[347, TYPES.undefined, [...tables]] as const] : []),
    ],
  };
  return tiffOf(layout, samplesOf(layout));
}

/** One strip or tile, of all channels or of one, as a separate JPEG. */
async function encoded(
  cell: Cell,
  plane: number | undefined,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): Promise<Buffer> {
  const channels = plane === undefined && cell.kind !== "black" ? 3 : 1;
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const quadrant = (left + x < WIDTH / 2 ? 0 : 1) + (top + y < HEIGHT / 2 ? 0 : 2);
      const color = drawnBy(cell)[quadrant] ?? [];
      for (let band = 0; band < channels; band++) {
        pixels[(y * width + x) * channels + band] = color[plane ?? band] ?? 0;
      }
    }
  }
  const image = sharp(pixels, { raw: { width, height, channels } });
  return (channels === 1 ? image.toColorspace("b-w") : image)
    .jpeg({
      quality: 95,
      chromaSubsampling: cell.subsampling,
      progressive: cell.progressive === true,
      optimizeCoding: false,
    })
    .toBuffer();
}

/**
 * The quantization and Huffman tables of a JPEG, and the stream without them (TIFF Technical Note
 * 2).
 */
function split(jpeg: Buffer): { tables: Buffer; stream: Buffer } {
  const tables: Buffer[] = [jpeg.subarray(0, 2)];
  const stream: Buffer[] = [jpeg.subarray(0, 2)];
  let at = 2;
  for (let marker = jpeg[at + 1]; marker !== 0xda; marker = jpeg[at + 1]) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    (marker === 0xdb || marker === 0xc4 ? tables : stream).push(jpeg.subarray(at, end));
    at = end;
  }
  tables.push(Buffer.from([0xff, 0xd9]));
  stream.push(jpeg.subarray(at));
  return { tables: Buffer.concat(tables), stream: Buffer.concat(stream) };
}
