import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec } from "./index.ts";
import { animationOf, fileOf, plain, rendered } from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const BOUNDS = [
  ["webp", 16_383],
  ["avif", 16_384],
  ["jpeg", 65_500],
  ["gif", 65_535],
  // The PNG encoder writes longer sides, but other readers stop there.
  ["png", 1_000_000],
] as const;

function strip(width: number, height: number): Promise<Buffer> {
  return plain("#c33", width, height).tiff({ compression: "deflate" }).toBuffer();
}

describe.each(BOUNDS)("a rendition with the maximum side of %s", (format, longest) => {
  it.each([longest, longest + 1])(
    "is made of a source of %i px, horizontal and vertical",
    async (length) => {
      for (const [width, height] of [
        [length, 1],
        [1, length],
      ] as const) {
        const made = await rendered(await strip(width, height), { full: { format }, thumb: "90w" });
        const side = (px: number) => Math.min(px, longest);
        expect(
          await sharp(fileOf(made, "full"), { limitInputPixels: false }).metadata(),
        ).toMatchObject({ width: side(width), height: side(height) });
        expect(made.get("full")?.plan.boundedFrom).toEqual(
          length > longest ? { width, height } : undefined,
        );
        expect(made.has("thumb")).toBe(true);
      }
    },
  );
});

it.each([
  ["webp", 16_383],
  ["gif", 65_535],
] as const)(
  "the maximum side of %s applies to each frame of an animation",
  async (format, longest) => {
    const frames = ["#c33", "#3c3", "#33c"].map((color) => plain(color, 1, longest));
    const source = await (await animationOf(...frames)).gif({ effort: 1 }).toBuffer();
    const made = await rendered(source, { full: { format, animated: true } });
    const { pages, width, pageHeight } = await sharp(fileOf(made, "full"), {
      pages: -1,
      limitInputPixels: false,
    }).metadata();
    expect([pages, width, pageHeight]).toEqual([3, 1, longest]);
  },
);
