import type { RgbImage } from "./ssimulacra2.ts";

/**
 * The pairs of images that fast-ssim2 publishes with the scores of the C++ implementation, as far as they
 * are not identical:
 * https://github.com/imazen/fast-ssim2/blob/ca5d45f8272197342b674f8fd6b4f3de35c6d249/fast-ssim2/src/reference_data.rs
 * The images are drawn as in `fast-ssim2/tests/reference_parity.rs` there.
 */
export interface Published {
  readonly name: string;
  readonly score: number;
  readonly original: RgbImage;
  readonly distorted: RgbImage;
  /** The beginnings of the SHA-256 of both images' bytes, as published. */
  readonly hashes: readonly [string, string];
}

const SIDE = 64;
type Draw = (x: number, y: number, channel: number) => number;

function painted(width: number, height: number, draw: Draw): RgbImage {
  const data = new Uint8ClampedArray(width * height * 3);
  for (let index = 0; index < data.length; index++) {
    const pixel = Math.floor(index / 3);
    data[index] = draw(pixel % width, Math.floor(pixel / width), index % 3);
  }
  return { data, width, height };
}

const drawn = (side: number, draw: Draw) => painted(side, side, draw);

export const uniform = (side: number, value: number) => drawn(side, () => value);
const gradient = drawn(SIDE, (x) => Math.floor((x * 255) / (SIDE - 1)));
const diagonal = drawn(SIDE, (x, y) => Math.floor(((x + y) * 255) / (2 * SIDE - 2)));
const edge = drawn(SIDE, (x) => (x < SIDE / 2 ? 0 : 255));

/** Knuth's linear congruential generator of 64 bits. */
function noise(seed: bigint): RgbImage {
  let state = seed;
  return drawn(SIDE, () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) & 255n);
  });
}

const clamped = (value: number, most: number) => Math.min(Math.max(value, 0), most);
const at = ({ data, width, height }: RgbImage, x: number, y: number, channel: number) =>
  data[(clamped(y, height - 1) * width + clamped(x, width - 1)) * 3 + channel] ?? 0;

/** The mean of a square of px around one, from so many before to so many after. */
function meanAround(image: RgbImage, before: number, after: number): Draw {
  const offsets = Array.from({ length: before + after + 1 }, (_, n) => n - before);
  return (x, y, channel) =>
    offsets
      .flatMap((dy) => offsets.map((dx) => at(image, x + dx, y + dy, channel)))
      .reduce((sum, value) => sum + value) /
    offsets.length ** 2;
}

function boxed(image: RgbImage): RgbImage {
  const mean = meanAround(image, 4, 3);
  return drawn(SIDE, (...place) => Math.floor(mean(...place)));
}

const sharpened = (image: RgbImage) =>
  drawn(SIDE, (x, y, channel) => {
    const around = [[-1, 0] as const, [1, 0] as const, [0, -1] as const, [0, 1] as const]
      .map(([dx, dy]) => at(image, x + dx, y + dy, channel))
      .reduce((sum, value) => sum + value, 0);
    return 5 * at(image, x, y, channel) - around;
  });

/** To YUV of BT.601 and back, in 32 bits. */
const f = Math.fround;
const throughYuv = (image: RgbImage) =>
  drawn(SIDE, (x, y, channel) => {
    const [r, g, b] = [0, 1, 2].map((each) => at(image, x, y, each));
    const sum = (...terms: (readonly [number, number | undefined])[]) =>
      terms.map(([factor, value = 0]) => f(f(factor) * value)).reduce((all, term) => f(all + term));
    const luma = sum([0.299, r], [0.587, g], [0.114, b]);
    const u = f(f(sum([-0.14713, r], [-0.28886, g], [0.436, b]) + 128) - 128);
    const v = f(f(sum([0.615, r], [-0.51499, g], [-0.10001, b]) + 128) - 128);
    const back = [
      sum([1, luma], [1.13983, v]),
      sum([1, luma], [-0.39465, u], [-0.5806, v]),
      sum([1, luma], [2.03211, u]),
    ];
    return Math.floor(back[channel] ?? 0);
  });

const noise42 = noise(42n);
const noise999 = noise(999n);

export const PATTERNS: readonly Published[] = [
  {
    name: "a gradient and a uniform image",
    score: -64.56872148,
    original: gradient,
    distorted: uniform(SIDE, 128),
    hashes: ["bfcfaa06", "2203a98f"],
  },
  {
    name: "noise and a uniform image",
    score: -47.33572558,
    original: noise42,
    distorted: uniform(SIDE, 128),
    hashes: ["7f6be7f4", "2203a98f"],
  },
  {
    name: "a blurred gradient",
    score: 94.34090315,
    original: gradient,
    distorted: boxed(gradient),
    hashes: ["bfcfaa06", "cceefcd9"],
  },
  {
    name: "sharpened noise",
    score: -5.81017556,
    original: noise999,
    distorted: sharpened(noise999),
    hashes: ["53f592ab", "4ad3cfe3"],
  },
  {
    name: "a gradient through YUV",
    score: 97.26010964,
    original: diagonal,
    distorted: throughYuv(diagonal),
    hashes: ["e7644fe3", "08f65236"],
  },
  {
    name: "a blurred edge",
    score: 24.27333552,
    original: edge,
    distorted: boxed(edge),
    hashes: ["f0d003b6", "cbe40f4a"],
  },
];

/** Scores of a gray image beside a brighter one, by side (px) and by how much is added to 128. */
export const UNIFORM: readonly { side: number; added: number; score: number }[] = [
  { side: 32, added: 1, score: 97.7492143 },
  { side: 32, added: 5, score: 98.80827382 },
  { side: 32, added: 10, score: 96.5311409 },
  { side: 32, added: 20, score: 93.7982322 },
  { side: 32, added: 50, score: 85.01409588 },
  { side: 64, added: 1, score: 97.98672126 },
  { side: 64, added: 5, score: 91.52357693 },
  { side: 64, added: 10, score: 80.24289393 },
  { side: 64, added: 20, score: 56.05855584 },
  { side: 64, added: 50, score: -8.75942256 },
  { side: 128, added: 1, score: 96.78920738 },
  { side: 128, added: 5, score: 88.54070876 },
  { side: 128, added: 10, score: 77.84296299 },
  { side: 128, added: 20, score: 54.27883917 },
  { side: 128, added: 50, score: -9.82383315 },
  { side: 256, added: 1, score: 96.15027098 },
  { side: 256, added: 5, score: 89.73209436 },
  { side: 256, added: 10, score: 80.29149136 },
  { side: 256, added: 20, score: 59.77892918 },
  { side: 256, added: 50, score: -0.39085784 },
];

const [WIDTH, HEIGHT] = [200, 144];

/** Clouds of all sizes, as photographs have them, beneath and above a horizon, with the grain of a sensor. */
function photograph(seed: number): RgbImage {
  const random = generator(seed);
  const octaves = [4, 8, 16, 32, 64, 128].map((cells, octave) => ({
    cells,
    weight: 80 * 0.6 ** octave,
    values: Array.from({ length: (cells + 1) ** 2 * 3 }, () => random() - 0.5),
  }));
  const horizon = Math.floor(HEIGHT * (0.3 + 0.4 * random()));
  return painted(WIDTH, HEIGHT, (x, y, channel) => {
    let value = (y < horizon ? 150 : 95) + (channel === 2 ? 15 : 0) + 6 * random();
    for (const { cells, weight, values } of octaves) {
      const [u, v] = [(x * cells) / WIDTH, (y * cells) / HEIGHT];
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const of = (dx: number, dy: number) =>
        values[((top + dy) * (cells + 1) + left + dx) * 3 + channel] ?? 0;
      const upper = of(0, 0) + (of(1, 0) - of(0, 0)) * (u - left);
      const lower = of(0, 1) + (of(1, 1) - of(0, 1)) * (u - left);
      value += weight * (upper + (lower - upper) * (v - top));
    }
    return Math.round(value);
  });
}

/** Numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Like a JPEG: the cosines of 8 x 8 px in steps, which grow with the frequency. */
function quantized(image: RgbImage, step: number): RgbImage {
  const wave = Array.from({ length: 64 }, (_, index) => {
    const [k, n] = [Math.floor(index / 8), index % 8];
    return Math.cos(((2 * n + 1) * k * Math.PI) / 16) * (k === 0 ? Math.SQRT1_2 : 1) * 0.5;
  });
  const of = (k: number, n: number) => wave[k * 8 + n] ?? 0;
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  const sum = (term: (n: number) => number) => eight.reduce((all, n) => all + term(n), 0);
  const blocks = new Map<string, number[]>();
  const blockAt = (left: number, top: number, channel: number) => {
    const name = `${left} ${top} ${channel}`;
    const known = blocks.get(name);
    if (known) return known;
    const coefficients = eight.flatMap((ky) =>
      eight.map((kx) => {
        const size = step * (1 + (kx + ky) / 4);
        const value = sum((y) =>
          sum((x) => of(ky, y) * of(kx, x) * (at(image, left + x, top + y, channel) - 128)),
        );
        return Math.round(value / size) * size;
      }),
    );
    const pixels = eight.flatMap((y) =>
      eight.map((x) =>
        Math.round(
          128 + sum((ky) => sum((kx) => of(ky, y) * of(kx, x) * (coefficients[ky * 8 + kx] ?? 0))),
        ),
      ),
    );
    blocks.set(name, pixels);
    return pixels;
  };
  return painted(image.width, image.height, (x, y, channel) => {
    const pixels = blockAt(x - (x % 8), y - (y % 8), channel);
    return pixels[(y % 8) * 8 + (x % 8)] ?? 0;
  });
}

const DISTORTIONS: readonly ((image: RgbImage, strength: number) => RgbImage)[] = [
  (image, strength) => quantized(image, 4 + 8 * strength),
  (image, strength) => {
    const mean = meanAround(image, 1, 1);
    return painted(image.width, image.height, (...place) => {
      const own = at(image, ...place);
      return Math.round(own + ((mean(...place) - own) * (strength + 1)) / 4);
    });
  },
  (image, strength) => {
    const levels = 4 * (strength + 1);
    return { ...image, data: image.data.map((value) => Math.round(value / levels) * levels) };
  },
  (image, strength) => {
    const random = generator(strength);
    const grain = 6 * (strength + 1);
    return { ...image, data: image.data.map((value) => value + (random() - 0.5) * grain) };
  },
  (image, strength) => {
    const side = strength + 2;
    return painted(image.width, image.height, (x, y, channel) =>
      // A sharp luma with coarse colors, as in 4:2:0.
      channel === 1 ? at(image, x, y, channel) : at(image, x - (x % side), y - (y % side), channel),
    );
  },
];

/**
 * Pairs that look like photographs and what compression does to them, with the scores of the reference
 * implementation at https://github.com/cloudinary/ssimulacra2/tree/81feacf, built by GCC 12.2 for x64 with
 * Highway 1.0.3 and Little CMS 2.14, whose conversion of sRGB differs a little from that of libjxl.
 */
export const PHOTOGRAPHS: readonly {
  readonly original: RgbImage;
  readonly distorted: RgbImage;
  readonly score: number;
}[] = [
  90.36134357, 94.39441472, 93.63337202, 90.92569841, 73.93437932, 80.83848492, 90.83616592,
  87.83461371, 81.28490618, 69.77473483, 70.98745667, 82.78562721, 78.73923927, 71.96799611,
  63.59124678, 61.41917695, 82.45428925, 65.09369813, 60.92633137, 48.27741207,
].map((score, n) => {
  const original = photograph(n);
  const distort = DISTORTIONS[n % DISTORTIONS.length] ?? quantized;
  return { original, distorted: distort(original, Math.floor(n / DISTORTIONS.length)), score };
});
