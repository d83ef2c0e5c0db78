import sharp from "sharp";
import { beforeAll, expect, it } from "vitest";
import { configureCodec, probe } from "./index.ts";
import {
  CONTAINERS,
  colorsOf,
  farthest,
  fileOf,
  pixelsOf,
  type Quadrants,
  quadrants,
  RGB,
  rendered,
  rules,
} from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

/** The stored quadrant at each upright position, as TIFF 6.0 defines it in tag 274. */
const UPRIGHT: readonly (readonly [number, readonly [number, number, number, number]])[] = [
  [1, [0, 1, 2, 3]],
  [2, [1, 0, 3, 2]],
  [3, [3, 2, 1, 0]],
  [4, [2, 3, 0, 1]],
  [5, [0, 2, 1, 3]],
  [6, [2, 0, 3, 1]],
  [7, [3, 1, 2, 0]],
  [8, [1, 3, 0, 2]],
];

function turned([a, b, c, d]: readonly [number, number, number, number]): Quadrants {
  const pick = (at: number) => RGB[at] ?? [];
  return [pick(a), pick(b), pick(c), pick(d)];
}

const cases = CONTAINERS.flatMap(([name, store]) =>
  UPRIGHT.map(([orientation, order]) => [name, orientation, store, order] as const),
);

it.each(cases)(
  "%s with orientation %i is rendered upright",
  async (_name, orientation, store, order) => {
    const bytes = await store(quadrants(RGB).withMetadata({ orientation })).toBuffer();
    const [width, height] = orientation < 5 ? [96, 64] : [64, 96];
    const info = await probe({ kind: "bytes", bytes }, rules(1e6));
    expect(info).toMatchObject({ width, height });

    const format = "png";
    const presets = { 1: { format }, 2: { width: width / 2, format } } as const;
    for (const memoryBytes of [Infinity, 1]) {
      const made = await rendered(bytes, presets, memoryBytes);
      for (const share of [1, 2]) {
        const file = fileOf(made, String(share));
        const found = await pixelsOf(file);
        expect(found).toMatchObject({ width: width / share, height: height / share });
        expect(farthest(colorsOf(found), turned(order))).toBeLessThan(16);
        expect(await sharp(file).metadata()).not.toHaveProperty("orientation");
      }
    }
  },
);
