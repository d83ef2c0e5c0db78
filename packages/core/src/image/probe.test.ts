import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { Rejection } from "../outcome/index.ts";
import type { SourceInfo } from "../plan/index.ts";
import { configureCodec, ENCODER, probe } from "./index.ts";
import { inputOf } from "./inputs.fixture.ts";
import { quadrants, RGB, rules } from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const plenty = rules(1_000_000);

function probed(bytes: Uint8Array, limits = plenty) {
  return probe({ kind: "bytes", bytes }, limits);
}

describe("probe", () => {
  const gray = () => quadrants([[0], [9], [99], [255]]).toColorspace("b-w");
  const clear = () =>
    quadrants([
      [...RGB[0], 9],
      [...RGB[1], 9],
      [...RGB[2], 9],
      [...RGB[3], 9],
    ]);

  it.each<[string, Sharp, Partial<SourceInfo>]>([
    ["a JPEG", quadrants(RGB).jpeg(), { format: "jpeg", bands: 3, depth: 8, subsampled: true }],
    [
      "a JPEG without chroma subsampling",
      quadrants(RGB).jpeg({ chromaSubsampling: "4:4:4" }),
      { subsampled: false, progressive: false },
    ],
    ["a progressive JPEG", quadrants(RGB).jpeg({ progressive: true }), { progressive: true }],
    [
      "a rotated JPEG",
      quadrants(RGB).jpeg().withMetadata({ orientation: 6 }),
      { width: 64, height: 96, orientation: 6 },
    ],
    ["a CMYK JPEG", quadrants(RGB).toColorspace("cmyk").jpeg(), { bands: 4, alpha: false }],
    ["a gray JPEG", gray().jpeg(), { bands: 1, alpha: false, subsampled: false }],
    ["a PNG", clear().png(), { format: "png", bands: 4, alpha: true, lossless: false }],
    [
      "a PNG with a palette",
      quadrants(RGB).png({ palette: true, colors: 4 }),
      { alpha: false, depth: 2 },
    ],
    ["a 16 bit PNG", quadrants(RGB).toColorspace("rgb16").png(), { bands: 3, depth: 16 }],
    ["an interlaced PNG", quadrants(RGB).png({ progressive: true }), { progressive: true }],
    ["a WebP", quadrants(RGB).webp(), { format: "webp", lossless: false }],
    ["a lossless WebP", clear().webp({ lossless: true }), { alpha: true, lossless: true }],
    ["an AVIF", quadrants(RGB).avif({ effort: 0 }), { format: "avif", bands: 3, depth: 8 }],
    ["a 10 bit AVIF", quadrants(RGB).avif({ effort: 0, bitdepth: 10 }), { depth: 16 }],
    ["a GIF", quadrants(RGB).gif(), { format: "gif", pages: 1 }],
    ["a TIFF", clear().tiff({ compression: "lzw" }), { format: "tiff", bands: 4, alpha: true }],
  ])("describes %s", async (_name, picture, wanted) => {
    const bytes = await picture.toBuffer();
    const whole = { width: 96, height: 64, bytes: bytes.length, orientation: 1, pages: 1 };
    expect(await probed(bytes)).toMatchObject({ ...whole, ...wanted });
  });

  it("gives the same description for a file and its bytes", async () => {
    const bytes = await quadrants(RGB).withIccProfile("p3").webp({ lossless: true }).toBuffer();
    expect(await probe(await inputOf("file", bytes), plenty)).toEqual(await probed(bytes));
    await expect(probe(await inputOf("file", Buffer.of()), plenty)).rejects.toMatchObject({
      reason: "SourceEmpty",
    });
  });

  const supported =
    "supported are JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF, BMP and, if allowed, SVG";
  it.each([
    ["nothing", "", "SourceEmpty", "the source has 0 bytes"],
    [
      "a text named .jpg",
      "Dear reader",
      "SourceUnsupported",
      `the source is not an image in a supported format; ${supported}`,
    ],
    [
      "SVG",
      "<svg width='9'/>",
      "SourceUnsupported",
      "the source is SVG, which this recipe does not allow: set source: { svg: true }",
    ],
    [
      "PDF",
      "%PDF-1.7",
      "SourceUnsupported",
      `the source is a PDF, which is not supported; ${supported}`,
    ],
    [
      "HEIC",
      "\0\0\0\x18ftypheic\0\0\0\0mif1heic",
      "SourceCorrupt",
      /^the source begins as heic but its header cannot be read: /,
    ],
    [
      "only the start of a JPEG",
      "\xff\xd8\xff\xe0",
      "SourceCorrupt",
      /^the source begins as jpeg but its header cannot be read: /,
    ],
    [
      "a TIFF without its directory",
      "II*\0\x08\0\x01\0",
      "SourceCorrupt",
      "the source begins as tiff but its header cannot be read: it is cut off or damaged",
    ],
  ])("rejects %s", async (_name, text, reason, message) => {
    const fault = await probed(Buffer.from(text, "latin1")).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Rejection);
    expect(fault).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  it("rejects more px than the limit before it decodes any", async () => {
    const bytes = await quadrants(RGB).png().toBuffer();
    await expect(probed(bytes, rules(96 * 64))).resolves.toBeDefined();
    await expect(probed(bytes, rules(96 * 64 - 1))).rejects.toThrowError(
      new Rejection(
        "SourceTooLarge",
        "the source is 96 x 64 = 6144 px, more than the limit of 6143",
      ),
    );
  });
});

describe("configureCodec", () => {
  it("allows only the listed loaders", async () => {
    await expect(sharp(Buffer.from("<svg width='9' height='9'/>")).metadata()).rejects.toThrow();
    const ppm = Buffer.concat([Buffer.from("P6 1 1 255\n"), Buffer.of(1, 2, 3)]);
    await expect(sharp(ppm).metadata()).rejects.toThrow();
  });

  it("names the encoder without its patch level", () => {
    expect(ENCODER).toMatch(/^sharp-\d+\.\d+$/);
  });
});
