import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { INPUT_FORMATS } from "../../plan/index.ts";
import { chunk, inserted, segment, withChunks } from "../containers.fixture.ts";
import { formatOf } from "../formats/detect.ts";
import { heicOf, tile } from "../formats/heic/grid/mux.fixture.ts";
import { configureCodec, probe } from "../index.ts";
import {
  colorsOf,
  detailed,
  farthest,
  pictureOf,
  quadrants,
  RGB,
  rendered,
  rules,
  shownColors,
  WHOLE,
} from "../pictures.fixture.ts";
import { hasNoTrailingData } from "./no-trailing-data.ts";

beforeAll(() => configureCodec({ threads: 2 }));

/** The payload that a second reader of the file would execute. */
const PAYLOAD = "alert(document.domain)";
const latin = (text: string) => Buffer.from(text, "latin1");
const picture = () => quadrants(RGB);
const jpeg = () => picture().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
const png = () => picture().png().toBuffer();

const HTML = latin(`<html><script>${PAYLOAD}</script></html>`);
const ZIP = latin(`PK\x03\x04\x14\0\0\0\0\0${PAYLOAD}PK\x05\x06${"\0".repeat(18)}`);
const PDF = latin(`%PDF-1.7\n1 0 obj<</S/JavaScript/JS(${PAYLOAD})>>endobj\n%%EOF`);

/**
 * A GIF whose first bytes are also a script: its width is the two characters that open a comment.
 */
async function gifar(): Promise<Buffer> {
  const width = latin("/*").readUInt16LE(0);
  const create = { width, height: 2, channels: 3, background: "#dc2828" } as const;
  const gif = await sharp({ create }).gif({ effort: 1 }).toBuffer();
  expect(gif.subarray(6, 8).toString("latin1")).toBe("/*");
  return Buffer.concat([gif, latin(`*/=1;${PAYLOAD};`)]);
}

describe("a file in two formats is read as its first format, and the other is removed", () => {
  it.each([
    ["jpeg followed by a ZIP", async () => Buffer.concat([await jpeg(), ZIP])],
    ["jpeg followed by a PDF", async () => Buffer.concat([await jpeg(), PDF])],
    ["jpeg followed by HTML", async () => Buffer.concat([await jpeg(), HTML])],
    [
      "jpeg with an SVG as its comment",
      async () =>
        inserted(
          await jpeg(),
          2,
          segment(0xfe, latin(`<svg xmlns="http://www.w3.org/2000/svg">${PAYLOAD}</svg>`)),
        ),
    ],
    [
      "jpeg that is a script: its first segment's length opens a comment",
      async () =>
        inserted(
          await jpeg(),
          2,
          Buffer.concat([
            Buffer.of(0xff, 0xe0),
            latin("/*"),
            Buffer.alloc(latin("/*").readUInt16BE(0) - 2, `*/=1;${PAYLOAD};/*`),
          ]),
        ),
    ],
    [
      "jpeg with a PDF's head as its comment",
      async () => inserted(await jpeg(), 2, segment(0xfe, PDF)),
    ],
    ["png followed by HTML", async () => Buffer.concat([await png(), HTML])],
    ["png followed by a ZIP", async () => Buffer.concat([await png(), ZIP])],
    [
      "png with a script in a text chunk",
      async () => withChunks(await png(), chunk("tEXt", latin(`Comment\0${PAYLOAD}`))),
    ],
    ["tiff followed by a PDF", async () => Buffer.concat([await picture().tiff().toBuffer(), PDF])],
    [
      "webp with an unknown chunk",
      async () => {
        const file = Buffer.concat([
          await picture().webp({ lossless: true }).toBuffer(),
          latin("EVIL\x16\0\0\0"),
          latin(PAYLOAD),
        ]);
        file.writeUInt32LE(file.length - 8, 4);
        return file;
      },
    ],
  ] as const)("%s", async (name, make) => {
    const bytes = await make();
    expect(bytes.includes(PAYLOAD)).toBe(true);
    const format = name.split(" ")[0];
    expect(
      INPUT_FORMATS.filter((each) => each === format && hasNoTrailingData(each, bytes)),
    ).toEqual([]);
    const made = await rendered(bytes, {
      jpeg: { format: "jpeg", quality: 100, fallback: "source" },
      png: { format: "png", fallback: "source" },
      webp: { format: "webp", quality: 100, fallback: "source" },
      avif: { format: "avif", quality: 90, keep: ["copyright", "exif", "gps", "icc"] },
      gif: { format: "gif" },
      tiny: { size: "8w", format: "jpeg", keep: ["copyright", "exif", "gps", "icc"] },
    });
    expect(made.size).toBe(6);
    for (const { data } of made.values()) {
      expect(
        [PAYLOAD, "PK\x03\x04", "%PDF", "<svg", "<script"].filter((text) => data.includes(text)),
      ).toEqual([]);
    }
    expect(farthest(colorsOf(await pictureOf(made, "png")), RGB)).toBeLessThan(10);
  });

  it("gif that is also a script", async () => {
    const bytes = await gifar();
    const made = await rendered(bytes, {
      still: { size: "64x64", format: "png" },
      moving: { size: "64x64", format: "gif", animated: true },
    });
    for (const { data } of made.values()) expect(data.includes(PAYLOAD)).toBe(false);
  });
});

describe("a file that only resembles an image is rejected by name", () => {
  const postscript = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n";
  it.each([
    ["EPS", latin(postscript), "PostScript"],
    [
      "EPS with a DOS preview",
      Buffer.concat([Buffer.of(0xc5, 0xd0, 0xd3, 0xc6), latin(postscript)]),
      "PostScript",
    ],
    ["PDF before a JPEG", "pdf+jpeg", "a PDF"],
    [
      "MVG",
      latin(
        "push graphic-context\nviewbox 0 0 9 9\nfill 'url(https://127.0.0.1/a\"|ls \"-la)'\npop graphic-context\n",
      ),
      "not an image in a supported format",
    ],
    [
      "MSL",
      latin(
        '<?xml version="1.0"?><image><read filename="/etc/passwd"/><write filename="/tmp/a"/></image>',
      ),
      "not an image in a supported format",
    ],
    [
      "HTML with an SVG",
      latin(`<!doctype html><svg xmlns="http://www.w3.org/2000/svg">${PAYLOAD}</svg>`),
      "not an image in a supported format",
    ],
    ["SVG that is not allowed", latin('<svg xmlns="http://www.w3.org/2000/svg"/>'), "SVG"],
    [
      "WAV, a RIFF like WebP",
      latin(`RIFF\x24\0\0\0WAVEfmt ${"\0".repeat(24)}`),
      "not an image in a supported format",
    ],
    [
      "XPM",
      latin('/* XPM */\nstatic char *a[] = {"1 1 1 1","a c #fff","a"};'),
      "not an image in a supported format",
    ],
    ["a list of paths", latin("@/etc/passwd\n/etc/passwd\n"), "not an image in a supported format"],
    ["ZIP before a JPEG", "zip+jpeg", "a ZIP archive"],
  ] as const)("%s", async (_name, given, what) => {
    const bytes =
      typeof given !== "string"
        ? given
        : Buffer.concat([given === "pdf+jpeg" ? PDF : ZIP, await jpeg()]);
    await expect(probe({ kind: "bytes", bytes }, rules(1e6))).rejects.toMatchObject({
      reason: "SourceUnsupported",
      message: expect.stringContaining(what),
    });
  });

  it("HEIC with the brand of AVIF, and vice versa", async () => {
    const heic = heicOf({ tiles: [tile(0)], columns: 1, rows: 1, width: 512, height: 512 });
    const avif = await picture().avif({ quality: 90, effort: 0 }).toBuffer();
    const claims = (file: Buffer, brand: string) => {
      const copy = Buffer.from(file);
      const end = copy.readUInt32BE(0);
      copy.write(brand, 8, "latin1");
      for (let at = 16; at < end; at += 4) copy.write(brand, at, "latin1");
      return copy;
    };
    const asAvif = claims(heic, "avif");
    expect(await probe({ kind: "bytes", bytes: asAvif }, rules(1e6))).toMatchObject({
      format: "heic",
    });
    expect((await rendered(asAvif, WHOLE)).get("whole")).toMatchObject({ width: 512 });
    await expect(
      probe({ kind: "bytes", bytes: asAvif }, rules(1e6, { heic: false })),
    ).rejects.toMatchObject({ reason: "SourceUnsupported" });

    const asHeic = claims(avif, "heic");
    expect(await probe({ kind: "bytes", bytes: asHeic }, rules(1e6))).toMatchObject({
      format: "avif",
    });
    expect(farthest(await shownColors(asHeic), RGB)).toBeLessThan(16);
  });
});

it("a HEIF of another codec is rejected by name", async () => {
  const heic = heicOf({ tiles: [tile(0)], columns: 1, rows: 1, width: 512, height: 512 });
  const vvc = Buffer.from(heic.toString("latin1").replaceAll("hvcC", "vvcC"), "latin1");
  await expect(probe({ kind: "bytes", bytes: vvc }, rules(1e6))).rejects.toMatchObject({
    reason: "SourceUnsupported",
    message: expect.stringContaining("a HEIF of neither HEVC nor AV1"),
  });
});

describe("only a file without data beside its image can be passed through", () => {
  it.each([
    ["jpeg", () => picture().jpeg()],
    ["jpeg", () => picture().jpeg({ progressive: true, chromaSubsampling: "4:4:4" })],
    ["jpeg", () => detailed(300, 200).jpeg({ mozjpeg: true, quality: 95 })],
    ["png", () => picture().png({ palette: true })],
    ["png", () => picture().ensureAlpha(0.5).png({ progressive: true })],
    ["webp", () => picture().webp()],
    ["webp", () => picture().ensureAlpha(0.5).webp()],
    ["webp", () => picture().webp({ lossless: true })],
    ["gif", () => picture().gif()],
  ] as const)("%s", async (format, make) => {
    const file = await make().toBuffer();
    expect(hasNoTrailingData(format, file)).toBe(true);
    for (const odd of [
      Buffer.concat([file, Buffer.of(0)]),
      Buffer.concat([file, HTML]),
      Buffer.concat([file, file]),
      file.subarray(0, -1),
    ]) {
      expect(hasNoTrailingData(format, odd)).toBe(false);
    }
  });

  it("not a gif with a comment, nor formats that allow gaps", async () => {
    const gif = await picture().gif().toBuffer();
    const comment = Buffer.concat([Buffer.of(0x21, 0xfe, PAYLOAD.length), latin(`${PAYLOAD}\0`)]);
    const table = 13 + 3 * 2 ** (((gif[10] ?? 0) & 7) + 1);
    expect(hasNoTrailingData("gif", inserted(gif, table, comment))).toBe(false);
    for (const format of ["avif", "tiff", "bmp"] as const) {
      expect(hasNoTrailingData(format, gif)).toBe(false);
    }
  });
});

describe("the format of arbitrary bytes", () => {
  const magics = [
    "\xff\xd8\xff",
    "\x89PNG\r\n\x1a\n",
    "RIFF\0\0\0\0WEBP",
    "GIF8",
    "II*\0",
    "MM\0+",
    "BM",
    "\0\0\0\x18ftypheic",
    "\xff\xff\xff\xffftyp",
    "<svg",
    "<?xml",
    "\xef\xbb\xbf<",
  ];
  const start = fc.oneof(fc.constant(""), fc.constantFrom(...magics));

  it("is determined without an error and only from the given bytes", () => {
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 2000 }), fc.nat(64), (magic, rest, cut) => {
        const whole = Buffer.concat([latin(magic), rest]);
        const head = whole.subarray(0, Math.max(0, whole.length - cut));
        const seen = formatOf(head);
        expect(["supported", "unsupported", "unknown"]).toContain(seen.kind);
        // The result is the same inside a larger buffer.
        expect(formatOf(Uint8Array.from(head))).toEqual(seen);
      }),
      { numRuns: 2000 },
    );
  });

  it("is probed or rejected with a reason", async () => {
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        async (magic, rest) => {
          const bytes = Buffer.concat([latin(magic), rest]);
          const found = await probe({ kind: "bytes", bytes }, rules(1e6, { svg: true })).then(
            () => ({ reason: "SourceRead" }),
            (error: unknown) => error,
          );
          expect(found).toMatchObject({ reason: expect.stringMatching(/^Source/) });
        },
      ),
      { numRuns: 150 },
    );
  });
});
