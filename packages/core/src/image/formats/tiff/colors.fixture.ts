import type { Layout, Samples } from "./written.fixture.ts";

type Color = readonly number[];

/** Red, green, blue, gray: 8-bit sRGB. */
export const QUADRANTS: readonly [Color, Color, Color, Color] = [
  [220, 40, 40],
  [40, 180, 60],
  [40, 60, 200],
  [200, 200, 200],
];

/** The quadrants' colors as a layout stores them, with meaningless values in the extra samples. */
export function samplesOf(
  layout: Layout,
  { colors = QUADRANTS, alpha = 1 }: { colors?: readonly Color[]; alpha?: number } = {},
): Samples {
  const { width = 96, height = 64, extras = [], bits = 8 } = layout;
  const top = 2 ** bits - 1;
  const stored = colors.map((color) => {
    const inks = encoded(layout, color);
    // Only a sample that is specified as alpha is alpha. The others are nearly zero, which would be
    // visible as alpha.
    const more = extras.map((kind) =>
      Math.round((kind === 0 && !layout.untagged ? 0.1 : alpha) * top),
    );
    const premultiplied = extras.includes(1) ? inks.map((ink) => Math.round(ink * alpha)) : inks;
    return [...premultiplied, ...more];
  });
  return (x, y) => stored[(x >= width / 2 ? 1 : 0) + (y >= height / 2 ? 2 : 0)] ?? [];
}

/**
 * The samples of a color, by TIFF 6.0 and, for ICCLAB, by Adobe's Photoshop TIFF technical notes.
 */
function encoded(layout: Layout, color: Color): number[] {
  const { photometric, bits = 8, palette } = layout;
  const top = 2 ** bits - 1;
  const of = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * top);
  const [red = 0, green = 0, blue = 0] = color.map((value) => value / 255);
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  switch (photometric) {
    case "black":
    case "mask":
      return [of(luma)];
    case "white":
      return [top - of(luma)];
    case "rgb":
      return [of(red), of(green), of(blue)];
    case "palette":
      return [palette?.findIndex((entry) => entry.every((v, at) => v === color[at])) ?? 0];
    case "cmyk":
      return [of(1 - red), of(1 - green), of(1 - blue), 0];
    case "ycbcr": {
      const middle = 2 ** (bits - 1);
      const chroma = (share: number) =>
        Math.min(top, Math.max(0, Math.round(share * (middle - 1) * 2 + middle)));
      return [of(luma), chroma((blue - luma) / 1.772), chroma((red - luma) / 1.402)];
    }
    case "cielab": {
      const [l, a, b] = labOf(color);
      const one = 2 ** (bits - 8);
      return [of(l / 100), ...[a, b].map((v) => Math.round(v * one) & top)];
    }
    case "icclab": {
      const [l, a, b] = labOf(color);
      const one = 2 ** (bits - 8);
      const white = bits === 16 ? 0xff00 : top;
      return [Math.round((l / 100) * white), ...[a, b].map((v) => Math.round((v + 128) * one))];
    }
  }
}

/** CIE L*a*b* of sRGB, each with its own white. */
function labOf(color: Color): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const root = (share: number) =>
    share > 216 / 24389 ? Math.cbrt(share) : (share * (24389 / 27) + 16) / 116;
  const x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
  const y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
