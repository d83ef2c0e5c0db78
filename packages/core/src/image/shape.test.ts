import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, probe } from "./index.ts";
import {
  animationOf,
  colorsOf,
  detailed,
  farthest,
  fileOf,
  type Picture,
  pictureOf,
  plain,
  quadrants,
  RGB,
  rendered,
  rules,
  shownColors,
  WAYS,
} from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

function redAt({ data, width, channels }: Picture, x: number, y: number): number {
  return data[(y * width + x) * channels] ?? Number.NaN;
}

describe("the shape of a rendition", () => {
  it.each(WAYS)("is cropped at the center, %s", async (_name, memoryBytes) => {
    for (const orientation of [1, 3]) {
      const source = await quadrants(RGB, 120, 60).withMetadata({ orientation }).png().toBuffer();
      const presets = { a: { size: "40x40", fit: "cover", format: "png" } } as const;
      const found = await pictureOf(await rendered(source, presets, memoryBytes), "a");
      expect(found).toMatchObject({ width: 40, height: 40 });
      const [a, b, c, d] = RGB;
      expect(farthest(colorsOf(found), orientation === 1 ? RGB : [d, c, b, a])).toBeLessThan(8);
      // The line between left and right stays in the middle.
      expect(redAt(found, 17, 8)).toBeGreaterThan(180);
    }
  });

  it.each(WAYS)("is padded with the background, %s", async (_name, memoryBytes) => {
    const gray = quadrants([[200], [60], [60], [200]], 120, 60).toColorspace("b-w");
    for (const source of [quadrants(RGB, 120, 60), gray]) {
      for (const format of ["png", "jpeg"] as const) {
        const preset = { size: "40x40", fit: "contain", format, quality: 100 } as const;
        const presets = { a: { ...preset, background: "#336699" } };
        const made = await rendered(await source.png().toBuffer(), presets, memoryBytes);
        const found = await pictureOf(made, "a");
        expect(found).toMatchObject({ width: 40, height: 40 });
        // 40 x 20 px of the image between 10 px above and below.
        for (const y of [0, 7, 32, 39])
          expect(Math.abs(redAt(found, 20, y) - 0x33)).toBeLessThan(6);
        for (const [x, y] of [
          [10, 13],
          [30, 26],
        ] as const)
          expect(redAt(found, x, y)).toBeGreaterThan(180);
      }
    }
  });

  it.each(WAYS)("shows the background through a transparent source, %s", async (_name, bytes) => {
    const background = "#cc3366";
    const clear = { r: 0, g: 90, b: 0, alpha: 0 };
    const source = sharp({ create: { width: 60, height: 40, channels: 4, background: clear } });
    const presets = { a: { size: "30w", format: "jpeg", quality: 100, background } } as const;
    const found = await pictureOf(
      await rendered(await source.png().toBuffer(), presets, bytes),
      "a",
    );
    expect(Math.abs(redAt(found, 15, 10) - 0xcc)).toBeLessThan(6);
  });

  it("is stretched, enlarged, and at least 1 px on each side", async () => {
    const made = await rendered(await quadrants(RGB, 400, 2).png().toBuffer(), {
      fill: { size: "30x90", fit: "fill", enlarge: true, format: "png" },
      thin: { size: "10w", format: "png" },
      large: { size: "800w", enlarge: true, format: "png" },
      not: { size: "800w", format: "png" },
    });
    expect(
      [...made].map(([name, { width, height }]) => `${name} ${width}x${height}`).sort(),
    ).toEqual(["fill 30x90", "large 800x4", "not 400x2", "thin 10x1"]);
  });

  it("is that of the first frame of an animation", async () => {
    const animation = await animationOf(quadrants(RGB), plain("#000", 96, 64));
    for (const animated of [
      animation.clone().gif({ dither: 0 }),
      animation.clone().webp({ lossless: true }),
    ]) {
      const bytes = await animated.toBuffer();
      expect(await probe({ kind: "bytes", bytes }, rules(1e6))).toMatchObject({
        pages: 2,
        width: 96,
        height: 64,
      });
      expect(farthest(await shownColors(bytes), RGB)).toBeLessThan(8);
    }
  });
});

describe("the position of the crop", () => {
  it.each(WAYS)("follows gravity and focus, %s", async (_name, memoryBytes) => {
    const source = await quadrants(RGB, 120, 60).png().toBuffer();
    const square = { size: "20x20", fit: "cover", format: "png" } as const;
    const made = await rendered(
      source,
      {
        west: { ...square, gravity: "west" },
        east: { ...square, gravity: "east" },
        left: { ...square, focus: { x: 0.1, y: 0.5 } },
        low: { size: "10x10", fit: "contain", gravity: "south", format: "png" },
      },
      memoryBytes,
    );
    const [a, b, c, d] = RGB;
    const of = async (name: string) => colorsOf(await pictureOf(made, name));
    expect(farthest(await of("west"), [a, a, c, c])).toBeLessThan(8);
    expect(farthest(await of("left"), [a, a, c, c])).toBeLessThan(8);
    expect(farthest(await of("east"), [b, b, d, d])).toBeLessThan(8);
    const low = await pictureOf(made, "low");
    expect(redAt(low, 2, 2)).toBe(255);
    expect(redAt(low, 2, 6)).toBeLessThan(240);
  });

  it.each(
    (["attention", "entropy"] as const).flatMap((gravity) =>
      WAYS.map(([name, memoryBytes]) => [gravity, name, memoryBytes] as const),
    ),
  )("follows %s, %s", async (gravity, _name, memoryBytes) => {
    // Flat gray, with a patch of detail at its right end.
    const patch = await detailed(60, 60).png().toBuffer();
    const source = await plain("#808080", 400, 100)
      .composite([{ input: patch, left: 330, top: 20 }])
      .png()
      .toBuffer();
    for (const orientation of [1, 2]) {
      const turned = await sharp(source).withMetadata({ orientation }).png().toBuffer();
      const preset = { size: "50x50", fit: "cover", gravity, format: "png" } as const;
      const file = fileOf(await rendered(turned, { a: preset }, memoryBytes), "a");
      const { channels } = await sharp(file).stats();
      expect((await sharp(file).metadata()).width).toBe(50);
      expect(channels[0]?.stdev).toBeGreaterThan(10);
    }
  });
});

describe("the output format", () => {
  it("can be several formats and widths of one preset", async () => {
    const source = await detailed(500, 250).png().toBuffer();
    const made = await rendered(source, {
      a: { widths: [100, 400, 900, 1800], formats: ["avif", "webp", "jpeg", "png", "gif"] },
    });
    expect([...made.keys()].sort()).toEqual(
      ["avif", "gif", "jpg", "png", "webp"]
        .flatMap((ext) => ["100w", "400w", "900w"].map((width) => `a-${width}/key.${ext}`))
        .sort(),
    );
  });

  it("has fewer bytes with a higher effort", async () => {
    const source = await detailed(320, 240).png().toBuffer();
    const made = await rendered(source, {
      jpeg: { format: "jpeg" },
      mozjpeg: { format: "jpeg", mozjpeg: true },
      png: { format: "png" },
      palette: { format: "png", palette: true, effort: 1 },
      webp: { format: "webp", effort: 0 },
      webp6: { format: "webp", effort: 6 },
    });
    const bytes = (name: string) => fileOf(made, name).length;
    expect(bytes("mozjpeg")).toBeLessThan(bytes("jpeg"));
    expect(bytes("palette")).toBeLessThan(bytes("png"));
    expect(bytes("webp6")).toBeLessThan(bytes("webp"));
    expect(await sharp(fileOf(made, "palette")).metadata()).toMatchObject({ isPalette: true });
  });

  it.each([
    ["jpeg", "jpeg"],
    ["png", "png"],
    ["webp", "webp"],
    ["avif", "heif"],
    ["gif", "gif"],
  ] as const)("%s", async (format, name) => {
    const source = await detailed(160, 120).png().toBuffer();
    const made = await rendered(source, { a: { size: "80w", format } });
    expect(made.get("a")).toMatchObject({ format, width: 80, height: 60 });
    expect(await sharp(fileOf(made, "a")).metadata()).toMatchObject({
      format: name,
      width: 80,
      height: 60,
    });
  });
});
