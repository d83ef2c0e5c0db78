import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec } from "../../index.ts";
import {
  colorsOf,
  farthest,
  pictureOf,
  type Quadrants,
  rendered,
  WHOLE,
} from "../../pictures.fixture.ts";
import { QUADRANTS, samplesOf } from "./colors.fixture.ts";
import { type Layout, type Page, TYPES, writtenTiff } from "./written.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const REDUCED = 1;
const PAGE = 2;
const MASK = 4;
const { short } = TYPES;

/** An image with a unique size. */
function page(layout: Partial<Layout>, under: readonly Page[] = []): Page {
  const whole = { photometric: "rgb", ...layout } as const;
  return { layout: whole, samples: samplesOf(whole), under };
}

const full = page({});
const small = { width: 24, height: 16 };
const thumbnail = page({ ...small, subfile: REDUCED });
const oldThumbnail = page({ ...small, tags: [[255, short, [2]]] });
const mask = page({ photometric: "mask", bits: 1, subfile: MASK });
const other = page({ width: 48, height: 32, subfile: PAGE });

const [a, b, c, d] = QUADRANTS;

describe("the full image of a TIFF", () => {
  it.each<[string, readonly Page[], (readonly [number, number])?, Quadrants?]>([
    ["is the first page", [full, other]],
    ["is the first page, with a pyramid below it", [page({}, [thumbnail, thumbnail]), other]],
    ["is the first page, followed by its thumbnails", [full, thumbnail, thumbnail]],
    ["is the first page even if another is larger", [other, full], [48, 32]],
    ["follows a thumbnail", [thumbnail, full]],
    ["follows a thumbnail that is marked as in TIFF 5", [oldThumbnail, full]],
    ["follows a thumbnail and masks", [thumbnail, mask, mask, full, other]],
    ["follows a mask", [mask, full]],
    ["follows a larger mask", [mask, other], [48, 32]],
    ["is below a thumbnail", [page({ ...small, subfile: REDUCED }, [full]), other]],
    [
      "is the second below a thumbnail",
      [page({ ...small, subfile: REDUCED }, [thumbnail, full]), other],
    ],
    ["is not a page smaller than its thumbnail", [thumbnail, page({ width: 12, height: 8 }), full]],
    ["is a thumbnail if there is nothing else", [thumbnail, thumbnail], [24, 16]],
    ["is a repacked page", [thumbnail, page({ photometric: "cielab" })]],
    [
      "is a repacked page below a thumbnail",
      [page({ ...small, subfile: REDUCED }, [page({ extras: [0, 0] })])],
    ],
    [
      "is turned as the page above it specifies",
      [
        page({ ...small, subfile: REDUCED, tags: [[274, short, [3]]] }, [
          page({ photometric: "rgb", tags: [] }),
        ]),
      ],
      [96, 64],
      [d, c, b, a],
    ],
  ])("%s", async (_name, pages, size = [96, 64], colors = QUADRANTS) => {
    for (const kind of [{}, { bigEndian: true as const }, { big: true as const }]) {
      const file = writtenTiff(
        ...pages.map((each) => ({ ...each, layout: { ...each.layout, ...kind } })),
      );
      for (const memoryBytes of [Infinity, 1]) {
        const made = await rendered(file, WHOLE, memoryBytes);
        const found = await pictureOf(made, "whole");
        expect([found.width, found.height]).toEqual(size);
        expect(farthest(colorsOf(found), colors)).toBeLessThan(5);
      }
    }
  });
});
