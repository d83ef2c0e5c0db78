import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, probe } from "../index.ts";
import {
  animationOf,
  detailed,
  fileOf,
  plain,
  quadrants,
  RGB,
  rendered,
  rules,
} from "../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

describe("an animation", () => {
  const colors = ["#ff0000", "#00ff00", "#0000ff"] as const;

  async function animation(format: "gif" | "webp"): Promise<Buffer> {
    const joined = await animationOf(...colors.map((color) => plain(color, 80, 40)));
    return joined[format]({ delay: [50, 100, 150], loop: 2 }).toBuffer();
  }

  it.each(
    (["gif", "webp"] as const).flatMap((from) =>
      (["gif", "webp"] as const).map((to) => [from, to] as const),
    ),
  )("stays animated from %s to %s, with its delays", async (from, to) => {
    const made = await rendered(await animation(from), {
      inside: { size: "40w", format: to, animated: true },
      crop: { size: "20x20", fit: "cover", format: to, animated: true },
      pad: { size: "60x60", fit: "contain", format: to, animated: true },
      still: { size: "40w", format: to },
      avif: { size: "40w", format: "avif" },
    });
    for (const [name, width, height] of [
      ["inside", 40, 20],
      ["crop", 20, 20],
      ["pad", 60, 60],
    ] as const) {
      const file = fileOf(made, name);
      const found = await sharp(file).metadata();
      expect(found).toMatchObject({ pages: 3, width, height, delay: [50, 100, 150], loop: 2 });
      for (const page of colors.keys()) {
        const { dominant } = await sharp(
          await sharp(file, { page }).resize(2, 2).png().toBuffer(),
        ).stats();
        expect([dominant.r, dominant.g, dominant.b].map((value) => value > 128)).toEqual(
          colors.map((_, at) => at === page),
        );
      }
    }
    expect((await sharp(fileOf(made, "still")).metadata()).pages ?? 1).toBe(1);
    expect((await sharp(fileOf(made, "avif")).metadata()).pages ?? 1).toBe(1);
  });

  it("is not made from a still image", async () => {
    const made = await rendered(await detailed(40, 40).webp().toBuffer(), {
      a: { animated: true },
    });
    expect((await sharp(fileOf(made, "a")).metadata()).pages ?? 1).toBe(1);
  });
});

describe("a rendition in Display P3", () => {
  /** The red of P3, which is outside sRGB. */
  async function wideRed(): Promise<Buffer> {
    const some = await quadrants(RGB).withIccProfile("p3").png().toBuffer();
    return sharp(some, { ignoreIcc: true })
      .linear([1, 0, 0], [255, 0, 0])
      .keepIccProfile()
      .png()
      .toBuffer();
  }

  async function firstPixel(file: Buffer): Promise<number[]> {
    return [...(await sharp(file, { ignoreIcc: true }).raw().toBuffer()).subarray(0, 3)];
  }

  it.each(["jpeg", "png", "webp", "avif"] as const)(
    "is made as %s if the preset requires it",
    async (format) => {
      const bytes = await wideRed();
      expect(await probe({ kind: "bytes", bytes }, rules(1e6))).toMatchObject({ p3: true });
      const made = await rendered(bytes, {
        wide: { size: "48w", format, color: "p3", quality: 100 },
        narrow: { size: "48w", format, quality: 100 },
      });
      const wide = fileOf(made, "wide");
      const narrow = fileOf(made, "narrow");
      expect((await sharp(wide).metadata()).hasProfile).toBe(true);
      expect((await sharp(narrow).metadata()).hasProfile).toBe(false);
      const [red = 0, green = 255] = await firstPixel(wide);
      expect(red).toBeGreaterThan(250);
      expect(green).toBeLessThan(6);
      // The most saturated red of sRGB in P3 samples.
      const [less = 255] = await firstPixel(
        await sharp(narrow).withIccProfile("p3").png().toBuffer(),
      );
      expect(less).toBeLessThan(240);
    },
  );

  it("is not made from a source in sRGB", async () => {
    const made = await rendered(await quadrants(RGB).jpeg().toBuffer(), {
      a: { format: "jpeg", color: "p3" },
    });
    expect((await sharp(fileOf(made, "a")).metadata()).hasProfile).toBe(false);
  });
});

describe("the fallback to the source's bytes", () => {
  const keep = { format: "jpeg", quality: 95, fallback: "source" } as const;

  it("applies if the source is smaller than its rendition", async () => {
    const small = await detailed(200, 150).jpeg({ quality: 30, mozjpeg: true }).toBuffer();
    const made = await rendered(small, {
      a: keep,
      b: { ...keep, size: "100w" },
      c: { format: "webp" },
    });
    expect(fileOf(made, "a").equals(small)).toBe(true);
    expect((await sharp(fileOf(made, "b")).metadata()).width).toBe(100);
  });

  it("does not apply if the rendition would differ in content or metadata", async () => {
    const picture = detailed(200, 150).jpeg({ quality: 30 });
    const plain = await picture.clone().toBuffer();
    const comment = Buffer.from("\xff\xfe\x00\x08secret", "latin1");
    const sources = [
      await picture
        .clone()
        .withExif({ IFD0: { Artist: "x" } })
        .toBuffer(),
      await picture.clone().withMetadata({ orientation: 3 }).toBuffer(),
      await picture.clone().withIccProfile("p3").toBuffer(),
      await picture.clone().withXmp("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>").toBuffer(),
      Buffer.concat([plain.subarray(0, 2), comment, plain.subarray(2)]),
      await picture.clone().toColorspace("cmyk").toBuffer(),
    ];
    for (const source of sources) {
      expect(fileOf(await rendered(source, { a: keep }), "a").equals(source)).toBe(false);
    }
    const made = await rendered(plain, { a: { ...keep, size: "150x150", fit: "cover" } });
    expect(fileOf(made, "a").equals(plain)).toBe(false);
    expect(fileOf(await rendered(plain, { a: keep }), "a").equals(plain)).toBe(true);
  });
});
