import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { Rejection } from "../../../outcome/index.ts";
import { configureCodec, probe } from "../../index.ts";
import { inputOf } from "../../inputs.fixture.ts";
import {
  BLACK_AND_WHITE,
  colorsOf,
  farthest,
  grays,
  pictureOf,
  type Quadrants,
  quadrants,
  RGB,
  rendered,
  rules,
  shownColors,
  WHOLE,
} from "../../pictures.fixture.ts";
import { QUADRANTS, samplesOf } from "./colors.fixture.ts";
import {
  type Compression,
  type Layout,
  type Photometric,
  TYPES,
  tiffOf,
} from "./written.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const GRAYS = grays(128, 40, 90, 200);

const EXTRAS: readonly Layout["extras"][] = [
  [],
  [0],
  [1],
  [2],
  [0, 0],
  [0, 2],
  [2, 0],
  [1, 0],
  [0, 0, 0],
  [2, 0, 0],
];
const COMPRESSIONS: readonly Compression[] = ["none", "lzw", "adobe", "deflate", "packbits"];
const SUBSAMPLINGS = [
  [2, 2],
  [1, 1],
  [2, 1],
  [1, 2],
] as const;

/** Tags that agree with JFIF's conversion to RGB, and those with TIFF's default range, which is for RGB. */
const JFIF = [
  [0, 255, 128, 255, 128, 255],
  [0, 255, 0, 255, 0, 255],
].map(
  (codes) =>
    [
      [529, TYPES.rational, [299, 587, 114].flatMap((share) => [share, 1000])],
      [532, TYPES.rational, codes.flatMap((code) => [code, 1])],
    ] as const,
);

interface Cell extends Layout {
  readonly bits: number;
  readonly extras: NonNullable<Layout["extras"]>;
  readonly orientation: number;
}

/**
 * All extra samples in strips and tiles, in one plane and in several. The other properties cycle,
 * because compression, order and orientation affect colors only in case of a bug.
 */
function cells(photometric: Photometric, bits: number, jpeg: boolean): Cell[] {
  const untagged = { extras: [2] as const, untagged: true as const };
  const extras = [...EXTRAS.map((kinds = []) => ({ extras: kinds })), untagged];
  const shared =
    jpeg && photometric === "ycbcr"
      ? SUBSAMPLINGS.map((subsampling) => ({ extras: [], subsampling }))
      : [];
  const stored = [false, true].flatMap((planar) =>
    [false, true].flatMap((tiled) =>
      [...extras, ...(planar ? [] : shared)].map((kinds) => ({ planar, tiled, ...kinds })),
    ),
  );
  return stored.map(({ planar, tiled, ...kinds }, at) => {
    const compression = jpeg ? "jpeg" : (COMPRESSIONS[at % 5] ?? "none");
    const predictor = bits >= 8 && at % 2 === 0 && /^(?:lzw|adobe|deflate)$/.test(compression);
    const orientation = (at % 8) + 1;
    const conversion = (jpeg && photometric === "ycbcr" && JFIF[at % 4]) || [];
    const rowsPerStrip = [64, 16, jpeg ? 32 : 13][at % 3] ?? 64;
    return {
      photometric,
      bits,
      ...kinds,
      ...(planar && { planar }),
      ...(tiled ? { tile: [32, 16] as const } : { rowsPerStrip }),
      compression,
      ...(predictor && { predictor }),
      ...(jpeg && at % 4 < 2 && { whole: true as const }),
      ...(at % 3 === 0 && { bigEndian: true as const }),
      ...(at % 4 === 0 && { big: true as const }),
      orientation,
      tags: [[274, TYPES.short, [orientation]], ...conversion],
      ...(photometric === "palette" && { palette: bits === 1 ? BLACK_AND_WHITE : QUADRANTS }),
    };
  });
}

/** The name of an unsupported layout; undefined for a supported one. */
function unsupported(cell: Cell): string | undefined {
  const { photometric, bits, extras, planar, tile, untagged, compression } = cell;
  const jpeg = compression === "jpeg";
  if (extras.includes(1)) {
    const divided = photometric === "rgb" || photometric === "black";
    if (!divided && !(photometric === "cmyk" && bits === 8)) return "multiplied by alpha";
  }
  if (planar && tile) return "in tiles of one channel each";
  const more = extras.length > 0;
  if (jpeg && tile && (more || photometric === "palette")) return "in JPEG, in tiles";
  const mostExtras = photometric === "rgb" ? 1 : photometric === "cmyk" ? 0 : 3;
  if (jpeg && !planar && extras.length > mostExtras) return "more in JPEG";
  if (bits < 8) return planar || more ? `${bits} bit` : undefined;
  const alpha = untagged === true || extras.some((kind) => kind > 0);
  switch (photometric) {
    case "black":
    case "white":
      return planar && more ? "in planes" : undefined;
    case "palette":
      if (planar && more) return "in planes";
      return more && !(alpha && extras.length === 1) ? "palette" : undefined;
    case "ycbcr":
      return bits === 16 || more || (jpeg && planar) ? "YCbCr" : undefined;
    case "cielab":
    case "icclab":
      return alpha || jpeg ? "LAB" : undefined;
    default:
      return undefined;
  }
}

/** The stored position of a shown px: EXIF 2.32, 4.6.4, Orientation. */
function stored(orientation: number, x: number, y: number): [number, number] {
  const [right, below] = [95, 63];
  switch (orientation) {
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, below - y];
    case 4:
      return [x, below - y];
    case 5:
      return [y, x];
    case 6:
      return [y, below - x];
    case 7:
      return [right - y, below - x];
    case 8:
      return [right - y, x];
    default:
      return [x, y];
  }
}

/** Distance from an edge in px within which a decoder interpolates subsampled chroma. */
const INTERPOLATED = 2;

/** The largest difference from the drawn image in any channel of any px; 999 for another size. */
async function farthestPixel(file: Buffer, cell: Cell, colors: Quadrants, memoryBytes: number) {
  const made = await rendered(file, WHOLE, memoryBytes);
  const { data, width, height, channels } = await pictureOf(made, "whole");
  const turned = cell.orientation > 4;
  if (width !== (turned ? 64 : 96) || height !== (turned ? 96 : 64)) return 999;
  const clear = cell.untagged === true || cell.extras.some((kind) => kind > 0);
  let most = 0;
  for (let at = 0; at < width * height; at++) {
    const [x, y] = stored(cell.orientation, at % width, Math.floor(at / width));
    if (cell.subsampling && Math.min(Math.abs(x - 47.5), Math.abs(y - 31.5)) < INTERPOLATED)
      continue;
    const drawn = colors[(x < 48 ? 0 : 1) + (y < 32 ? 0 : 2)] ?? [];
    const px = data.subarray(at * channels, (at + 1) * channels);
    const shown = channels < 3 ? [px[0], px[0], px[0]] : px.subarray(0, 3);
    const alpha = channels % 2 === 0 ? px[channels - 1] : 255;
    for (const [band, value] of drawn.entries()) {
      most = Math.max(most, Math.abs(value - (shown[band] ?? Number.NaN)));
    }
    most = Math.max(most, Math.abs((alpha ?? 0) - (clear ? 128 : 255)));
  }
  return most;
}

/**
 * 8-bit Lab has steps of several levels, and colors that are divided by alpha were rounded before.
 */
const NEAR = 4;

describe("a TIFF of any layout shows the drawn pixels or is rejected by name", () => {
  it.each(
    (["black", "white", "palette", "rgb", "cmyk", "ycbcr", "cielab", "icclab"] as const).flatMap(
      (photometric) =>
        [1, 4, 8, 16]
          .filter((bits) => bits >= 8 || /^(?:black|white|palette)$/.test(photometric))
          .filter((bits) => bits < 16 || photometric !== "palette")
          .flatMap((bits) => [
            [photometric, bits, "lossless"] as const,
            ...(bits === 8 ? [[photometric, bits, "in JPEG"] as const] : []),
          ]),
    ),
  )("%s, %i bit, %s", async (photometric, bits, how) => {
    const gray = photometric === "black" || photometric === "white";
    const two = bits === 1 || (gray && bits < 8);
    const drawn = two ? BLACK_AND_WHITE : gray ? GRAYS : QUADRANTS;
    // The codec defines the look of inks: the reference is a file with only these inks.
    const shown = photometric === "cmyk" ? await plainInks() : drawn;
    const wrong: unknown[] = [];
    for (const [at, cell] of cells(photometric, bits, how === "in JPEG").entries()) {
      const file = tiffOf(cell, samplesOf(cell, { colors: drawn, alpha: 0.5 }));
      const found = await farthestPixel(file, cell, shown, at % 2 === 0 ? Infinity : 1).catch(
        (error: unknown) => error,
      );
      const name = unsupported(cell);
      const right =
        name === undefined
          ? typeof found === "number" && found <= NEAR
          : found instanceof Rejection &&
            found.reason === "SourceUnsupported" &&
            found.message.includes(name);
      if (!right) wrong.push({ ...cell, palette: undefined, found, name });
    }
    expect(wrong).toEqual([]);
  });
});

describe("a TIFF in JPEG with strongly subsampled chroma", () => {
  it.each([
    [4, 1],
    [4, 2],
    [2, 4],
    [4, 4],
  ] as const)("of %i x %i px per sample shows the drawn colors", async (...subsampling) => {
    for (const whole of [{}, { whole: true }] as const) {
      const layout = { photometric: "ycbcr", compression: "jpeg", subsampling, ...whole } as const;
      for (const stored of [{ rowsPerStrip: 32 }, { tile: [32, 32] }] as const) {
        const found = await shownColors(tiffOf({ ...layout, ...stored }, samplesOf(layout)));
        expect(farthest(found, QUADRANTS)).toBeLessThan(NEAR);
      }
    }
  });
});

describe("a TIFF with the JPEG stream of another encoder", () => {
  const shown = async (subsampling: readonly [number, number], progressive: boolean, share = 1) => {
    const chromaSubsampling = subsampling[0] === 2 ? "4:2:0" : "4:4:4";
    const stream = await quadrants(QUADRANTS)
      .jpeg({ quality: 95, chromaSubsampling, progressive })
      .toBuffer();
    const stored = [stream.subarray(0, stream.length * share)];
    const layout = { photometric: "ycbcr", compression: "jpeg", subsampling, stored } as const;
    return shownColors(tiffOf(layout, samplesOf(layout)));
  };

  it.each([
    [1, 1],
    [2, 2],
  ] as const)("of %i x %i px per sample shows the drawn colors", async (...subsampling) => {
    for (const progressive of [false, true]) {
      expect(farthest(await shown(subsampling, progressive), QUADRANTS)).toBeLessThan(5);
    }
  });

  it("is rejected if the stream is truncated", async () => {
    await expect(shown([1, 1], false, 0.5)).rejects.toMatchObject({ reason: "SourceCorrupt" });
  });
});

async function plainInks(): Promise<Quadrants> {
  const layout = { photometric: "cmyk" } as const;
  return shownColors(tiffOf(layout, samplesOf(layout)));
}

describe("a TIFF whose samples are repacked", () => {
  it("keeps its profile", async () => {
    const p3 = await sharp(await quadrants(RGB).withIccProfile("p3").png().toBuffer()).metadata();
    const profile = [34675, TYPES.undefined, [...(p3.icc ?? [])]] as const;
    const plain = { photometric: "rgb", tags: [profile] } as const;
    const bytes = tiffOf({ ...plain, extras: [0, 0] }, samplesOf({ ...plain, extras: [0, 0] }));
    expect(await shownColors(bytes)).toEqual(await shownColors(tiffOf(plain, samplesOf(plain))));
    expect(farthest(await shownColors(bytes), QUADRANTS)).toBeGreaterThan(10);
    expect(await probe({ kind: "bytes", bytes }, rules(1e6))).toMatchObject({
      profiled: true,
      p3: true,
    });
  });

  it("has the alpha that ExtraSamples specifies, with too few and too many values", async () => {
    const alphaOf = async (extras: Cell["extras"], values: readonly number[]) => {
      const layout = { photometric: "rgb", extras } as const;
      const tags = [[338, TYPES.short, values]] as const;
      const bytes = tiffOf({ ...layout, tags }, samplesOf(layout, { alpha: 0.5 }));
      return (await shownColors(bytes)).map((color) => color[3]);
    };
    expect(await alphaOf([2, 0], [2])).toEqual([128, 128, 128, 128]);
    expect(await alphaOf([0], [0, 2])).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("shows Lab white as white", async () => {
    const white = [255, 255, 255];
    for (const photometric of ["cielab", "icclab"] as const) {
      for (const bits of [8, 16]) {
        const layout = { photometric, bits };
        const samples = samplesOf(layout, { colors: [white, white, white, white] });
        expect(await shownColors(tiffOf(layout, samples))).toEqual([white, white, white, white]);
      }
    }
  });

  it("gives the same colors from a file as from memory", async () => {
    for (const layout of [
      { photometric: "cielab" },
      { photometric: "cielab", bigEndian: true, big: true },
      { photometric: "rgb", extras: [0, 0] },
    ] as const) {
      const input = await inputOf("file", tiffOf(layout, samplesOf(layout)));
      expect(farthest(await shownColors(input), QUADRANTS)).toBeLessThan(NEAR);
    }
  });

  it.each([
    ["the weights of BT.601", [299, 587, 114]],
    ["the weights of BT.709", [2126, 7152, 722]],
  ] as const)("applies the tags for YCbCr: narrow range and %s", async (_name, weights) => {
    const sum = weights[0] + weights[1] + weights[2];
    const [r, g, b] = [weights[0] / sum, weights[1] / sum, weights[2] / sum];
    const codes = QUADRANTS.map((color) => {
      const [red = 0, green = 0, blue = 0] = color.map((value) => value / 255);
      const luma = r * red + g * green + b * blue;
      const chroma = [(blue - luma) / (2 - 2 * b), (red - luma) / (2 - 2 * r)];
      return [16 + 219 * luma, ...chroma.map((share) => 128 + 224 * share)].map(Math.round);
    });
    const layout = {
      photometric: "ycbcr",
      tags: [
        [529, TYPES.rational, weights.flatMap((weight) => [weight, sum])],
        [532, TYPES.rational, [16, 235, 128, 240, 128, 240].flatMap((code) => [code, 1])],
      ],
    } as const;
    const at = (x: number, y: number) => codes[(x < 48 ? 0 : 1) + (y < 32 ? 0 : 2)] ?? [];
    expect(farthest(await shownColors(tiffOf(layout, at)), QUADRANTS)).toBeLessThan(NEAR);
  });
});

describe("damaged or missing pixels", () => {
  const layouts: readonly [string, Layout][] = [
    ["RGB", { photometric: "rgb" }],
    ["RGB and a spot color", { photometric: "rgb", extras: [0] }],
    ["Lab", { photometric: "cielab" }],
  ];

  async function expectCorrupt(file: Buffer): Promise<void> {
    for (const memoryBytes of [Infinity, 1]) {
      await expect(rendered(file, WHOLE, memoryBytes)).rejects.toMatchObject({
        reason: "SourceCorrupt",
      });
    }
  }

  it.each(layouts)("in a tile of %s are rejected", async (_name, layout) => {
    for (const compression of ["lzw", "adobe"] as const) {
      const tiled = { ...layout, compression, tile: [32, 16] as const };
      const file = tiffOf(tiled, samplesOf(tiled));
      file.fill(0xff, 40, 60);
      await expectCorrupt(file);
    }
  });

  it.each(layouts)("at the end of a strip of %s are rejected", async (_name, layout) => {
    for (const compression of ["lzw", "adobe", "packbits"] as const) {
      const short = { ...layout, compression, tags: [[279, TYPES.long, [40]] as const] };
      await expectCorrupt(tiffOf(short, samplesOf(short)));
    }
  });

  it.each(layouts)(
    "of %s are replaced if the recipe renders damaged sources",
    async (_name, layout) => {
      const compressed = { ...layout, compression: "adobe", rowsPerStrip: 32 } as const;
      const damaged = tiffOf(compressed, samplesOf(compressed));
      // In the first of two strips.
      damaged.fill(0xff, 10, 16);
      const made = await rendered(damaged, WHOLE, Infinity, { source: { damaged: "render" } });
      const [, , c, d] = colorsOf(await pictureOf(made, "whole"));
      const [a, b, ...below] = QUADRANTS;
      expect(farthest([a, b, c, d], [a, b, ...below])).toBeLessThan(NEAR);
    },
  );
});
