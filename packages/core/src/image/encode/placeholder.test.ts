import sharp, { type Sharp } from "sharp";
import { thumbHashToAverageRGBA, thumbHashToRGBA } from "thumbhash";
import { beforeAll, describe, expect, it } from "vitest";
import { planRenditions } from "../../plan/index.ts";
import { defineRecipe, type RecipeInput } from "../../recipe/index.ts";
import { configureCodec, type Placeholder, probe, render } from "../index.ts";
import { detailed, quadrants, RGB, rules } from "../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

async function placeholders(
  picture: Sharp,
  presets: RecipeInput["presets"],
  memoryBytes = Infinity,
): Promise<Placeholder[]> {
  const input = { kind: "bytes", bytes: await picture.png().toBuffer() } as const;
  const info = await probe(input, rules(1e8));
  const made: Placeholder[] = [];
  await render(input, planRenditions(info, defineRecipe({ presets }), "key", memoryBytes), {
    onRendition: () => {},
    onPlaceholder: (placeholder) => void made.push(placeholder),
  });
  return made;
}

describe("a placeholder", () => {
  it.each([
    [
      "from the smallest raster",
      { a: "800w", b: "400w", c: { size: "99x9", fit: "cover" } },
      Infinity,
    ],
    ["from a separate decode if all renditions are streamed", { full: { format: "jpeg" } }, 1],
  ] as const)("is made once, %s, and shows the whole image", async (_how, presets, memoryBytes) => {
    const made = await placeholders(quadrants(RGB, 1200, 600), presets, memoryBytes);
    expect(made).toHaveLength(1);
    const hash = Buffer.from(made[0]?.thumbhash ?? "", "base64");
    expect(hash.length).toBeLessThan(30);
    const { w, h, rgba } = thumbHashToRGBA(hash);
    expect(w / h).toBeCloseTo(2, 0);
    // The middle of the upper left quadrant is red, and that of the lower right quadrant is yellow.
    const at = (x: number, y: number) =>
      rgba.subarray((Math.floor(y * h) * w + Math.floor(x * w)) * 4);
    const [red = 0, green = 0] = at(0.2, 0.2);
    expect(red - green).toBeGreaterThan(80);
    const [, yellow = 0, blue = 0] = at(0.8, 0.8);
    expect(yellow - blue).toBeGreaterThan(60);
  });

  it("contains the dominant color and ignores transparent areas", async () => {
    const large = sharp({
      create: { width: 90, height: 60, channels: 4, background: "#00000000" },
    });
    const square = (background: string, width: number) => ({
      create: { width, height: 30, channels: 4 as const, background },
    });
    const picture = large.composite([
      { input: square("#3366cc", 40), left: 0, top: 0 },
      { input: square("#cc2200", 20), left: 60, top: 0 },
    ]);
    const [made] = await placeholders(picture, { a: "90w" });
    expect(made?.color).toBe("#3366cc");
    expect(thumbHashToAverageRGBA(Buffer.from(made?.thumbhash ?? "", "base64")).a).toBeLessThan(
      0.5,
    );
  });

  it.each([
    [1, 1],
    [3000, 1],
    [1, 3000],
  ])("is made for %i x %i px", async (width, height) => {
    const [made] = await placeholders(detailed(width, height), { a: "100w" });
    expect(made?.color).toMatch(/^#[0-9a-f]{6}$/);
    expect(made?.thumbhash).not.toBe("");
  });
});
