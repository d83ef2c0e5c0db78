import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { planRenditions } from "../plan/index.ts";
import { defineRecipe, type RecipeInput } from "../recipe/index.ts";
import { bmpOf } from "./formats/bmp/bmp.fixture.ts";
import { emptyTiff } from "./formats/tiff/raster.ts";
import { configureCodec, type ImageInput, probe, type RenderedImage, render } from "./index.ts";
import { INPUT_KINDS, inputOf } from "./inputs.fixture.ts";
import {
  animationOf,
  colorsOf,
  detailed,
  farthest,
  fileOf,
  pictureOf,
  pixelsOf,
  quadrants,
  RGB,
} from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

interface Made {
  readonly images: Map<string, RenderedImage>;
  readonly damaged: readonly string[];
}

const STILL = { whole: { format: "png" }, thumb: { size: "48w", format: "png" } } as const;

async function made(
  input: ImageInput,
  damaged: "reject" | "render",
  presets: RecipeInput["presets"] = STILL,
  memoryBytes = Infinity,
): Promise<Made> {
  const recipe = defineRecipe({ source: { damaged }, presets });
  const plan = planRenditions(await probe(input, recipe), recipe, "key", memoryBytes);
  const images = new Map<string, RenderedImage>();
  const reasons: string[] = [];
  await render(input, plan, {
    onRendition: (image) => {
      expect(images.has(image.plan.preset.name), "handed over twice").toBe(false);
      images.set(image.plan.preset.name, image);
    },
    onDamaged: (why) => void reasons.push(why),
  });
  return { images, damaged: reasons };
}

const picture = () => quadrants(RGB, 192, 128);

/** A frame of noise, so that a share of the file is the same share of the image. */
const noisy = () => detailed(192, 128);

const moving = () => animationOf(noisy(), noisy().negate(), noisy().flop());

function part(file: Buffer, share: number): Buffer {
  return file.subarray(0, Math.floor(file.length * share));
}

function badSum(png: Buffer): Buffer {
  const copy = Buffer.from(png);
  const at = copy.indexOf("IDAT");
  const sum = at + 4 + copy.readUInt32BE(at - 4);
  copy.writeUInt8(copy.readUInt8(sum) ^ 1, sum);
  return copy;
}

function longer(webp: Buffer): Buffer {
  const copy = Buffer.from(webp);
  copy.writeUInt32LE(copy.readUInt32LE(4) + 1000, 4);
  return copy;
}

/** An uncompressed TIFF with the directory first, which ends within its last strip. */
async function shortStrip(): Promise<Buffer> {
  const [width, height] = [192, 128];
  const { file, pixels } = emptyTiff({ width, height, channels: 3 });
  pixels.set(await picture().raw().toBuffer());
  return file.subarray(0, file.length - width * 3 * 5);
}

async function bmp(): Promise<Buffer> {
  const pixels = await picture().raw().toBuffer();
  // BMP stores blue first.
  for (let at = 0; at < pixels.length; at += 3) pixels.subarray(at, at + 3).reverse();
  return bmpOf({ width: 192, height: -128, bits: 24 }, pixels);
}

/** The damaged file, the part of the image that is present, from the top, and the message. */
const DAMAGED: readonly (readonly [string, () => Promise<Buffer>, "half" | "all", RegExp])[] = [
  [
    "a truncated JPEG",
    async () => part(await picture().jpeg({ quality: 95 }).toBuffer(), 0.8),
    "half",
    /premature end/,
  ],
  [
    "a truncated progressive JPEG",
    async () => part(await picture().jpeg({ progressive: true, quality: 95 }).toBuffer(), 0.95),
    "all",
    /premature end/,
  ],
  [
    "a PNG with a wrong checksum",
    async () => badSum(await picture().png().toBuffer()),
    "all",
    /cut off or damaged/,
  ],
  [
    "an interlaced PNG with a wrong checksum",
    async () => badSum(await picture().png({ progressive: true }).toBuffer()),
    "all",
    /cut off or damaged/,
  ],
  [
    "a truncated PNG",
    async () => part(await picture().png({ compressionLevel: 0 }).toBuffer(), 0.7),
    "half",
    /cut off or damaged/,
  ],
  [
    "a WebP that is shorter than its header specifies",
    async () => longer(await picture().webp({ quality: 95 }).toBuffer()),
    "all",
    /unable to parse/,
  ],
  [
    "a GIF that ends within its only frame",
    async () => part(await picture().gif({ effort: 1 }).toBuffer(), 0.9),
    "half",
    /ends within a frame/,
  ],
  ["a TIFF that ends within a strip", shortStrip, "half", /./],
  ["a truncated BMP", async () => part(await bmp(), 0.8), "half", /ends before/],
];

describe.each(DAMAGED)("%s", (_name, make, shown, why) => {
  it.each(INPUT_KINDS)(
    "is rejected, or rendered if the recipe allows it, from %s",
    async (kind) => {
      const input = await inputOf(kind, await make());
      await expect(made(input, "reject")).rejects.toMatchObject({ reason: "SourceCorrupt" });
      for (const memoryBytes of [Infinity, 1]) {
        const { images, damaged } = await made(input, "render", STILL, memoryBytes);
        expect(damaged).toEqual([expect.stringMatching(why)]);
        expect([...images.keys()].sort()).toEqual(["thumb", "whole"]);
        for (const name of ["whole", "thumb"]) {
          const found = colorsOf(await pictureOf(images, name));
          const rows = shown === "all" ? 4 : 2;
          expect(farthest(found.slice(0, rows), RGB.slice(0, rows))).toBeLessThan(20);
        }
      }
    },
  );
});

describe.each(["png", "jpeg", "webp", "avif", "gif"] as const)(
  "a source streamed to %s",
  (format) => {
    it.each([
      ["jpeg", () => detailed(60, 1200).jpeg().toBuffer()],
      ["png", () => detailed(60, 1200).png({ compressionLevel: 0 }).toBuffer()],
    ] as const)("is reported as damaged if it is a truncated %s", async (_name, make) => {
      const input = { kind: "bytes", bytes: part(await make(), 0.95) } as const;
      const presets = { whole: { format } } as const;
      await expect(made(input, "reject", presets, 1)).rejects.toMatchObject({
        reason: "SourceCorrupt",
      });
      expect((await made(input, "render", presets, 1)).damaged).toHaveLength(1);
    });
  },
);

it("delivers each rendition once, even if the first pass completed one", async () => {
  const bytes = part(await detailed(120, 2400).png({ compressionLevel: 0 }).toBuffer(), 0.95);
  const top = { size: "120x200", fit: "cover", focus: { x: 0, y: 0 }, format: "png" } as const;
  const presets = { top, small: { size: "24w", format: "png" } } as const;
  const { images, damaged } = await made({ kind: "bytes", bytes }, "render", presets, 1);
  expect(damaged).toHaveLength(1);
  expect([...images.keys()].sort()).toEqual(["small", "top"]);
});

it.each([
  ["jpeg", () => picture().jpeg().toBuffer()],
  ["png", () => picture().png().toBuffer()],
  ["webp", () => picture().webp().toBuffer()],
  ["gif", () => picture().gif().toBuffer()],
  ["tiff", () => picture().tiff().toBuffer()],
] as const)(
  "an intact %s gives the same renditions in both settings, without a report of damage",
  async (_name, make) => {
    const input = { kind: "bytes", bytes: await make() } as const;
    const [strict, tolerant] = [await made(input, "reject"), await made(input, "render")];
    expect([strict.damaged, tolerant.damaged]).toEqual([[], []]);
    for (const name of ["whole", "thumb"]) {
      expect(fileOf(tolerant.images, name).equals(fileOf(strict.images, name))).toBe(true);
    }
  },
);

describe.each(["gif", "webp"] as const)("a truncated animated %s", (format) => {
  const both = { still: { format: "png" }, moving: { format: "webp", animated: true } } as const;

  it.each(INPUT_KINDS)(
    "with a complete first frame gives that frame in both settings, from %s",
    async (kind) => {
      const whole = await (await moving()).toFormat(format, { effort: 1 }).toBuffer();
      const wanted = await pixelsOf(
        fileOf((await made({ kind: "bytes", bytes: whole }, "reject")).images, "whole"),
      );
      const input = await inputOf(kind, part(whole, 0.8));
      for (const setting of ["reject", "render"] as const) {
        const { images, damaged } = await made(input, setting);
        expect(damaged).toEqual([]);
        expect((await pictureOf(images, "whole")).data).toEqual(wanted.data);
      }
      await expect(made(input, "reject", both)).rejects.toMatchObject({ reason: "SourceCorrupt" });
      const { images, damaged } = await made(input, "render", both);
      expect(damaged).toHaveLength(1);
      const { pages = 1 } = await sharp(fileOf(images, "moving")).metadata();
      expect(pages).toBeGreaterThan(1);
    },
  );
});

describe("the bytes of a damaged source", () => {
  it.each([
    ["jpeg", async () => part(await detailed(200, 150).jpeg({ quality: 40 }).toBuffer(), 0.6)],
    ["png", async () => badSum(await detailed(200, 150).png({ palette: true }).toBuffer())],
  ] as const)("are not passed through, %s", async (format, make) => {
    const bytes = await make();
    const presets = { same: { format, quality: 100, fallback: "source" } } as const;
    const { images, damaged } = await made({ kind: "bytes", bytes }, "render", presets);
    expect(damaged).toHaveLength(1);
    expect(fileOf(images, "same").length).toBeGreaterThan(bytes.length);
    await expect(
      sharp(fileOf(images, "same"), { failOn: "warning" }).stats(),
    ).resolves.toBeDefined();
  });
});

describe("damage that no browser tolerates is rejected in both settings", () => {
  it.each([
    ["a truncated AVIF", async () => part(await picture().avif({ effort: 0 }).toBuffer(), 0.6)],
    [
      "a WebP that ends within its only frame",
      async () => part(await noisy().webp().toBuffer(), 0.6),
    ],
    [
      "a JPEG that ends within its header",
      async () => part(await picture().jpeg().toBuffer(), 0.1),
    ],
    [
      "a PNG that ends within its header",
      async () => (await picture().png().toBuffer()).subarray(0, 30),
    ],
  ] as const)("%s", async (_name, make) => {
    const input = { kind: "bytes", bytes: await make() } as const;
    await expect(made(input, "render")).rejects.toMatchObject({ reason: "SourceCorrupt" });
  });
});
