import { CHROMIUM_MISSING, chromiumSees } from "@imagefleet/test/reference/chromium.ts";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec } from "../index.ts";
import { INPUT_KINDS, inputOf } from "../inputs.fixture.ts";
import {
  colorsOf,
  farthest,
  fileOf,
  pictureOf,
  type Quadrants,
  rendered,
  WHOLE,
} from "../pictures.fixture.ts";
import {
  avif,
  cicp,
  expected,
  nclx,
  numbersOf,
  PRIMARIES,
  type PrimariesName,
  png,
  TRANSFERS,
  type TransferName,
  withProperty,
} from "./stored.fixture.ts";

const COLORS: Quadrants = [
  [220, 40, 40],
  [40, 180, 60],
  [40, 60, 200],
  [200, 200, 200],
];

const names = <T extends object>(of: T) => Object.keys(of) as (keyof T)[];

interface Case {
  readonly name: string;
  readonly type: "png" | "avif";
  readonly primaries: PrimariesName;
  readonly transfer: TransferName;
  readonly alpha: number | undefined;
  readonly make: () => Promise<Buffer>;
  readonly near: number;
}

const CASES: Case[] = names(PRIMARIES).flatMap((primaries) =>
  names(TRANSFERS).flatMap((transfer) =>
    [undefined, 128 / 255].flatMap((alpha) => {
      const numbers = numbersOf(COLORS, primaries, transfer);
      // Browsers do the same: in AVIF, they show samples of the BT.709 curve as sRGB.
      const shown = numbersOf(COLORS, primaries, transfer === "BT.709" ? "sRGB" : transfer);
      const name = (kind: string, bits: number) =>
        `${kind}, ${bits} bit, ${primaries}, ${transfer}${alpha === undefined ? "" : ", alpha"}`;
      // One step of 255 is a large difference in linear light, and twice as large if the sample was
      // multiplied by one half and divided again.
      const even = transfer !== "linear" && transfer !== "PQ" && transfer !== "HLG";
      const steep = even ? 4 : alpha === undefined ? 9 : 20;
      const common = { primaries, transfer, alpha };
      return [
        ...([8, 16] as const).map((bits) => ({
          ...common,
          name: name("PNG", bits),
          type: "png" as const,
          make: () => png(numbers, bits, alpha, cicp(primaries, transfer)),
          near: bits === 8 ? steep : 3,
        })),
        ...([8, 10, 12] as const).map((bits) => ({
          ...common,
          name: name("AVIF", bits),
          type: "avif" as const,
          make: async () =>
            withProperty(
              await avif(shown, bits, alpha),
              nclx(PRIMARIES[primaries], TRANSFERS[transfer]),
            ),
          near: Math.max(14, steep),
        })),
      ];
    }),
  ),
);

const files = new Map<string, Buffer>();
let shown = new Map<string, Quadrants | null | undefined>();

beforeAll(async () => {
  configureCodec({ threads: 2 });
  for (const { name, make } of CASES) files.set(name, await make());
  if (CHROMIUM_MISSING) return;
  const seen = await chromiumSees(
    CASES.map(({ name, type }) => ({ type, file: files.get(name) ?? Buffer.alloc(0) })),
  );
  shown = new Map(CASES.map(({ name }, at) => [name, seen[at]]));
}, 120_000);

const presets = { ...WHOLE, half: { size: "24w", format: "png" } } as const;

const made = (name: string): Buffer => files.get(name) ?? Buffer.alloc(0);

describe("colors specified by code points", () => {
  if (CHROMIUM_MISSING) {
    process.stderr.write(`colors are not compared, because this is missing: ${CHROMIUM_MISSING}\n`);
  }

  it.each(CASES.map((one, at) => ({ ...one, at })))("$name", async (one) => {
    const { at, name, primaries, transfer, alpha, near } = one;
    const wanted = COLORS.map((color) => [
      ...expected(color, primaries, transfer),
      ...(alpha === undefined ? [] : [128]),
    ]);
    // Both kinds of input and both ways to decode, two of the four at a time.
    for (const kind of INPUT_KINDS) {
      const memoryBytes = (kind === "file") === (at % 2 === 0) ? 1 : Infinity;
      const renditions = await rendered(await inputOf(kind, made(name)), presets, memoryBytes);
      for (const preset of ["whole", "half"]) {
        const found = colorsOf(await pictureOf(renditions, preset));
        expect(farthest(found, wanted)).toBeLessThanOrEqual(near);
      }
    }
  });

  it.for(CASES)("$name, same as in Chromium", async ({ name, transfer, alpha }, { skip }) => {
    if (CHROMIUM_MISSING) return skip(CHROMIUM_MISSING);
    const seen = shown.get(name);
    if (!seen) throw new Error("Chromium does not read it");
    const renditions = await rendered(made(name), WHOLE);
    const found = await sharp(fileOf(renditions, "whole")).ensureAlpha().raw().toBuffer();
    const ours = colorsOf({ data: found, width: 48, height: 32, channels: 4 });
    const hdr = transfer === "PQ" || transfer === "HLG";
    // Chromium premultiplies by alpha in 8 bits and divides again.
    expect(farthest(ours, seen)).toBeLessThanOrEqual(hdr ? 45 : alpha === undefined ? 14 : 20);
  });
});
