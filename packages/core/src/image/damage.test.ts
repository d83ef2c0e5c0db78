import { deflateSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { Rejection } from "../outcome/index.ts";
import { chunk, inserted, segment, withChunks } from "./containers.fixture.ts";
import { heicOf, tile } from "./formats/heic/grid/mux.fixture.ts";
import { emptyTiff } from "./formats/tiff/raster.ts";
import { configureCodec } from "./index.ts";
import {
  animationOf,
  CONTAINERS,
  detailed,
  farthest,
  quadrants,
  RGB,
  rendered,
  shownColors,
} from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const formats = [
  ...CONTAINERS,
  ["gif", (picture) => picture.gif({ effort: 1 })],
] satisfies typeof CONTAINERS;

async function stored(name: string): Promise<Buffer> {
  const store = formats.find(([format]) => format === name)?.[1];
  return (await store?.(detailed(200, 150)).toBuffer()) ?? Buffer.of();
}

// A preset that needs all frames of an animation: a static preset needs only the first.
const thumb = { thumb: { size: "20w", animated: true } } as const;

async function fault(bytes: Uint8Array): Promise<unknown> {
  return rendered(bytes, thumb).then(
    () => "rendered",
    (error: unknown) => error,
  );
}

function expectCorrupt(found: unknown): void {
  expect(found).toBeInstanceOf(Rejection);
  expect(found).toMatchObject({ reason: "SourceCorrupt" });
  const { message } = found instanceof Error ? found : new Error();
  expect(message).not.toMatch(/[\n/]|undefined/);
  expect(message.length).toBeLessThan(250);
}

const moving = () => animationOf(...[0, 1, 2, 3].map((at) => detailed(200, 150).linear(1, at * 9)));

const MORE: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ["jpeg, CMYK", () => detailed(200, 150).toColorspace("cmyk").jpeg().toBuffer()],
  ["png, 16 bit", () => detailed(200, 150).toColorspace("rgb16").png().toBuffer()],
  ["webp, animated", async () => (await moving()).webp({ effort: 0 }).toBuffer()],
  ["gif, animated", async () => (await moving()).gif({ effort: 1 }).toBuffer()],
  ["avif, 10 bit", () => detailed(200, 150).avif({ bitdepth: 10, effort: 0 }).toBuffer()],
  ["tiff, uncompressed", () => detailed(200, 150).tiff({ compression: "none" }).toBuffer()],
  ["tiff, deflate", () => detailed(200, 150).tiff({ compression: "deflate" }).toBuffer()],
  ["tiff, jpeg", () => detailed(200, 150).tiff({ compression: "jpeg" }).toBuffer()],
  ["tiff, big", () => detailed(200, 150).tiff({ bigtiff: true, compression: "lzw" }).toBuffer()],
  [
    "tiff, its directory first",
    async () => emptyTiff({ width: 200, height: 150, channels: 3 }).file,
  ],
  ["tiff, pages", async () => (await moving()).tiff({ compression: "lzw" }).toBuffer()],
  [
    "heic, tiles",
    async () => {
      const tiles = [tile(0), tile(1)];
      return heicOf({ tiles, columns: 2, rows: 1, width: 1024, height: 512 });
    },
  ],
];

describe("a truncated source is rejected", () => {
  it.each([
    ...formats.map(([name, store]) => [name, () => store(detailed(200, 150)).toBuffer()] as const),
    ...MORE,
  ])("%s", async (_name, make) => {
    const whole = await make();
    expect(await fault(whole)).toBe("rendered");
    for (const share of [0.1, 0.5, 0.95, 0.999]) {
      expectCorrupt(await fault(whole.subarray(0, Math.floor(whole.length * share))));
    }
  });
});

describe("a source with harmless defects is rendered", () => {
  it.each(formats)("%s with trailing bytes", async (_name, store) => {
    const whole = await store(quadrants(RGB)).toBuffer();
    const longer = Buffer.concat([whole, Buffer.from("appended by a mail server\r\n".repeat(40))]);
    expect(farthest(await shownColors(longer), RGB)).toBeLessThan(16);
  });
});

describe("a defect that every viewer ignores does not prevent rendering", () => {
  const profile = Buffer.from("not a profile ".repeat(20));
  const jpeg = () => detailed(200, 150).jpeg().toBuffer();
  const png = () => quadrants(RGB).png().toBuffer();
  const tiff = () => quadrants(RGB).withIccProfile("p3").tiff({ compression: "none" }).toBuffer();
  const badly = (file: Buffer, from: number) => Buffer.from(file).fill(0x55, from, from + 300);

  it.each([
    [
      "jpeg, stray bytes before a table",
      async () => {
        const file = await jpeg();
        return inserted(file, file.indexOf(Buffer.of(0xff, 0xc4)), Buffer.alloc(7));
      },
    ],
    [
      "jpeg, stray bytes between two scans",
      async () => {
        const file = await quadrants(RGB).jpeg({ progressive: true }).toBuffer();
        return inserted(file, file.lastIndexOf(Buffer.of(0xff, 0xda)), Buffer.alloc(9));
      },
    ],
    [
      "jpeg, an invalid profile",
      async () => {
        const name = Buffer.from("ICC_PROFILE\0\x01\x01", "latin1");
        return inserted(await jpeg(), 2, segment(0xe2, Buffer.concat([name, profile])));
      },
    ],
    [
      "jpeg, fill bytes before a marker",
      async () => inserted(await jpeg(), 2, Buffer.of(255, 255, 255)),
    ],
    [
      "jpeg, invalid EXIF",
      async () => {
        const exif = Buffer.concat([Buffer.from("Exif\0\0II*\0", "latin1"), Buffer.alloc(28, 255)]);
        return inserted(await jpeg(), 2, segment(0xe1, exif));
      },
    ],
    [
      "png, an invalid profile",
      async () => {
        const content = Buffer.concat([Buffer.from("x\0\0", "latin1"), deflateSync(profile)]);
        return withChunks(await png(), chunk("iCCP", content));
      },
    ],
    [
      "png, a text with a wrong checksum",
      async () => {
        const text = chunk("tEXt", Buffer.from("a\0b"));
        text.writeUInt32BE(1, text.length - 4);
        return withChunks(await png(), text);
      },
    ],
    ["png, an unknown chunk", async () => withChunks(await png(), chunk("abCd", Buffer.from("x")))],
    [
      "tiff, an unknown tag",
      async () => {
        const file = await quadrants(RGB).tiff({ compression: "none" }).toBuffer();
        const directory = file.readUInt32LE(4);
        file.writeUInt16LE(65_000, directory + 2 + (file.readUInt16LE(directory) - 1) * 12);
        return file;
      },
    ],
    [
      "tiff, an invalid profile",
      async () => {
        const file = await tiff();
        return badly(file, file.indexOf("acsp") - 30);
      },
    ],
    [
      "webp, an invalid profile",
      async () => {
        const file = await quadrants(RGB).withIccProfile("p3").webp({ lossless: true }).toBuffer();
        return badly(file, file.indexOf("ICCP") + 8);
      },
    ],
    [
      "heic, an invalid profile",
      async () =>
        heicOf({ tiles: [tile(0)], columns: 1, rows: 1, width: 512, height: 512, icc: profile }),
    ],
    ["gif, no last byte", async () => (await quadrants(RGB).gif().toBuffer()).subarray(0, -1)],
    [
      "gif, animated, no last byte",
      async () => (await (await moving()).gif({ effort: 1 }).toBuffer()).subarray(0, -1),
    ],
  ] as const)("%s", async (_name, make) => {
    expect(await fault(await make())).toBe("rendered");
  });
});

describe("damage in the pixel data is rejected", () => {
  it.each(["png", "interlaced png", "avif"])("%s", async (name) => {
    const whole = await stored(name);
    const hole = Buffer.from(whole).fill(0x55, whole.length >> 1, (whole.length >> 1) + 64);
    expectCorrupt(await fault(hole));
  });
});

it("reports each of several concurrent failures with its own message", async () => {
  const cut = async (name: string) => {
    const whole = await stored(name);
    return whole.subarray(0, Math.floor(whole.length * 0.6));
  };
  const [jpeg, png, webp, good] = await Promise.all([
    cut("jpeg"),
    cut("png"),
    cut("webp"),
    quadrants(RGB).png().toBuffer(),
  ]);
  const rounds = Array.from({ length: 10 }, () => [
    fault(jpeg),
    fault(png),
    fault(webp),
    fault(good),
  ]);
  for (const round of rounds) {
    expect(await Promise.all(round)).toMatchObject([
      {
        message: expect.stringMatching(/^the pixels cannot be read: premature end of JPEG image$/),
      },
      { message: "the pixels cannot be read: it is cut off or damaged" },
      {
        message: expect.stringMatching(/^the source begins as webp but .*: unable to parse image$/),
      },
      "rendered",
    ]);
  }
});
