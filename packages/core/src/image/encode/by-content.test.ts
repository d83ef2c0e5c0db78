import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { planRenditions } from "../../plan/index.ts";
import { defineRecipe, type RecipeInput } from "../../recipe/index.ts";
import { asPixels } from "../decode/pixels.ts";
import { probe } from "../probe.ts";
import { render } from "../render.ts";
import { isDrawn } from "./by-content.ts";

const WIDTH = 640;
const HEIGHT = 420;

const svg = (content: string) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">${content}</svg>`,
  );
const words = Array.from({ length: 24 }, (_, line) => {
  const text = "Sphinx of black quartz, judge my vow. ".repeat(3).slice(line % 7);
  return `<text x="12" y="${16 + line * 17}" font-size="13">${text}</text>`;
}).join("");

const DRAWN: Record<string, Buffer> = {
  page: svg(`<rect width="100%" height="100%" fill="#fff"/>${words}`),
  "page, dark": svg(`<rect width="100%" height="100%" fill="#123"/><g fill="#dde">${words}</g>`),
  logo: svg(
    '<rect width="100%" height="100%" fill="#fff"/><circle cx="200" cy="200" r="150" fill="#c33"/><path d="M300 60L560 380H320z" fill="#36c"/>',
  ),
  screenshot: svg(
    `<rect width="100%" height="100%" fill="#f5f5f5"/><rect width="100%" height="40" fill="#334"/><rect x="20" y="60" width="180" height="330" rx="8" fill="#fff" stroke="#ccc"/><g transform="translate(220 50) scale(.6)">${words}</g>`,
  ),
};

const noise = (sigma: number) =>
  sharp({
    create: {
      width: WIDTH,
      height: HEIGHT,
      channels: 3,
      background: "#000",
      noise: { type: "gaussian", mean: 128, sigma },
    },
  });
const SKY = svg(
  '<defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="#135"/><stop offset="1" stop-color="#9cf"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/>',
);
const PHOTOGRAPHED: Record<string, () => Promise<Sharp>> = {
  grain: async () => noise(25),
  "soft grain": async () => noise(40).blur(3),
  "a gray sky": async () => sharp(SKY).grayscale(),
  "a sky with grain": async () =>
    sharp(await sharp(SKY).png().toBuffer()).composite([
      { input: await noise(6).png().toBuffer(), blend: "soft-light" },
    ]),
};

const pixelsOf = (picture: Sharp, width: number) =>
  asPixels(picture.resize(width).toColorspace("srgb"));

describe("isDrawn", () => {
  it.each(Object.entries(DRAWN))("is true for a %s", async (_name, picture) => {
    // Of a page of text, less is left in fewer pixels.
    for (const width of [320, 640]) {
      expect(isDrawn(await pixelsOf(sharp(picture), width)), `${width} px`).toBe(true);
    }
  });

  it.each(Object.entries(PHOTOGRAPHED))("is false for %s", async (_name, picture) => {
    for (const width of [100, 160, 320, 640]) {
      const whole = await (await picture()).png().toBuffer();
      expect(isDrawn(await pixelsOf(sharp(whole), width)), `${width} px`).toBe(false);
    }
  });

  it("looks at colors alone, not at alpha", async () => {
    const [color, alpha] = await Promise.all([
      noise(25).png().toBuffer(),
      sharp(DRAWN["logo"]).toColorspace("b-w").extractChannel(0).png().toBuffer(),
    ]);
    const picture = sharp(color).joinChannel(alpha);
    expect(isDrawn(await pixelsOf(picture, WIDTH))).toBe(false);
  });

  it("is false for a picture of one column", () => {
    expect(isDrawn({ data: Buffer.alloc(30), width: 1, height: 10, channels: 3 })).toBe(false);
  });
});

/** The rendition that a recipe of one preset makes of a PNG. */
async function rendered(bytes: Buffer, preset: RecipeInput["presets"][string]): Promise<Buffer> {
  const recipe = defineRecipe({ presets: { only: preset } });
  const input = { kind: "bytes", bytes } as const;
  const plan = planRenditions(await probe(input, recipe), recipe, "a.png", Infinity);
  const made: Buffer[] = [];
  await render(input, plan, { onRendition: ({ data }) => void made.push(data) });
  const [only] = made;
  if (only === undefined) throw new Error("there is no rendition");
  return only;
}

const png = (picture: Buffer) => sharp(picture).png().toBuffer();
const asSet = { size: "640w" } as const;
const byContent = { ...asSet, encoding: "by-content" } as const;

/** The mean difference per channel of two encoded pictures. */
async function difference(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all(
    [one, other].map((each) => sharp(each).removeAlpha().toColorspace("srgb").raw().toBuffer()),
  );
  if (!a || !b) throw new Error("there are two pictures");
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length;
}

describe("encoding by content", () => {
  it("makes WebP of a drawing without loss where that is smaller", async () => {
    const page = await png(DRAWN["page"] ?? Buffer.alloc(0));
    const exact = await rendered(page, { ...byContent, format: "webp", quality: 90 });
    expect(await difference(exact, page)).toBe(0);
    const lossy = await rendered(page, { ...asSet, format: "webp", quality: 90 });
    expect(exact.length).toBeLessThan(lossy.length);
  });

  it("makes WebP of a reduced drawing with sharper colors", async () => {
    const logo = await png(DRAWN["logo"] ?? Buffer.alloc(0));
    const at = { size: "200w", format: "webp", quality: 70 } as const;
    const [plain, suited] = [
      await rendered(logo, at),
      await rendered(logo, { ...at, encoding: "by-content" }),
    ];
    const reduced = await rendered(logo, { size: "200w", format: "png" });
    expect(await difference(suited, reduced)).toBeLessThan(await difference(plain, reduced));
  });

  it("makes PNG of a drawing with a palette", async () => {
    const shot = await png(DRAWN["screenshot"] ?? Buffer.alloc(0));
    const suited = await rendered(shot, { ...byContent, format: "png" });
    expect(await sharp(suited).metadata()).toMatchObject({ isPalette: true });
    expect(suited.length).toBeLessThan((await rendered(shot, { ...asSet, format: "png" })).length);
    expect(await difference(suited, shot)).toBeLessThan(1);
  });

  it("makes JPEG of a drawing with all of its colors", async () => {
    const logo = await png(DRAWN["logo"] ?? Buffer.alloc(0));
    for (const mozjpeg of [false, true]) {
      const suited = await rendered(logo, { ...byContent, format: "jpeg", mozjpeg });
      expect(await sharp(suited).metadata()).toMatchObject({ chromaSubsampling: "4:4:4" });
    }
  });

  it.each(["webp", "png", "jpeg"] as const)("makes %s of a photograph as set", async (format) => {
    const photo = await noise(25).png().toBuffer();
    const [set, looked] = [
      await rendered(photo, { ...asSet, format }),
      await rendered(photo, { ...byContent, format }),
    ];
    expect(looked.equals(set)).toBe(true);
  });

  it("keeps alpha, and the metadata that the preset keeps", async () => {
    const logo = await png(svg('<circle cx="200" cy="200" r="150" fill="#c33"/>'));
    const made = await rendered(logo, { ...byContent, format: "webp", keep: ["icc"] });
    expect(await sharp(made).metadata()).toMatchObject({ hasAlpha: true, hasProfile: true });
  });

  it("does not look at animations and Display P3, which are encoded as set", async () => {
    const logo = sharp(DRAWN["logo"]).flatten().resize(64);
    const frames = await Promise.all([
      logo.clone().png().toBuffer(),
      logo.negate().png().toBuffer(),
    ]);
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const p3 = await sharp(DRAWN["logo"]).flatten().withIccProfile("p3").png().toBuffer();
    for (const [source, more] of [
      [gif, { animated: true }],
      [p3, { color: "p3" }],
    ] as const) {
      const at = { size: "200w", format: "webp", ...more } as const;
      const looked = await rendered(source, { ...at, encoding: "by-content" });
      expect(looked.equals(await rendered(source, at))).toBe(true);
    }
  });

  it("is the same whether pixels are held or streamed", async () => {
    const bytes = await png(DRAWN["screenshot"] ?? Buffer.alloc(0));
    const recipe = defineRecipe({ presets: { only: byContent } });
    const input = { kind: "bytes", bytes } as const;
    const info = await probe(input, recipe);
    const results = [1, Infinity].map(async (memoryBytes) => {
      const plan = planRenditions(info, recipe, "a.png", memoryBytes);
      const made: Buffer[] = [];
      await render(input, plan, { onRendition: ({ data }) => void made.push(data) });
      return { strategy: plan.strategy, data: Buffer.concat(made) };
    });
    const [streamed, held] = await Promise.all(results);
    expect([streamed?.strategy, held?.strategy]).toEqual(["stream", "cascade"]);
    expect(held?.data.equals(streamed?.data ?? Buffer.alloc(0))).toBe(true);
  });
});
