import { readFile } from "node:fs/promises";
import { CHROMIUM_MISSING, chromiumSees } from "@imagefleet/test/reference/chromium.ts";
import { curv, grayProfile, para } from "@imagefleet/test/reference/gray-profile.ts";
import { withProfile } from "@imagefleet/test/reference/sources.ts";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { TYPES, tiffOf } from "../formats/tiff/written.fixture.ts";
import { configureCodec, probe } from "../index.ts";
import { farthest, rules, shownColors } from "../pictures.fixture.ts";
import { profileOf } from "./icc.ts";
import {
  avif,
  iccp,
  linear,
  nclx,
  png,
  prof,
  srgb,
  TRANSFERS,
  type TransferName,
  withProperty,
} from "./stored.fixture.ts";

/**
 * Printed gray: an ink share t covers t + 0.8 t (1 - t) of the paper and leaves 3 % of the light
 * there.
 */
const dotGain = (number: number) => {
  const ink = 1 - number;
  return 1 - 0.97 * (ink + 0.8 * ink * (1 - ink));
};
const BT709 = [1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081];
const bt709 = (number: number) =>
  number < 0.081 ? number / 4.5 : ((number + 0.099) / 1.099) ** (1 / 0.45);
const lightness = (number: number) =>
  number > 0.08 ? ((number * 100 + 16) / 116) ** 3 : (number * 100) / 903.3;
const rgb = (gamma: number) =>
  profileOf({
    primaries: [
      [0.64, 0.33],
      [0.3, 0.6],
      [0.15, 0.06],
      [0.3127, 0.329],
    ],
    transfer: { kind: "gamma", gamma },
  });

interface Profile {
  readonly name: string;
  readonly icc: Buffer | undefined;
  /** Maps a sample of 0 to 1 to light. */
  readonly light: (number: number) => number;
}

const PROFILES: readonly Profile[] = [
  { name: "linear light", icc: grayProfile(curv([])), light: (number) => number },
  { name: "gamma 1.8", icc: grayProfile(1.8), light: (number) => number ** 1.8 },
  { name: "gamma 2.6", icc: grayProfile(2.6), light: (number) => number ** 2.6 },
  {
    name: "dot gain 20 % in a table",
    icc: grayProfile(
      curv(Array.from({ length: 256 }, (_, at) => Math.round(65_535 * dotGain(at / 255)))),
    ),
    light: dotGain,
  },
  { name: "kind 0", icc: grayProfile(para(0, [1.5])), light: (number) => number ** 1.5 },
  {
    name: "kind 1",
    icc: grayProfile(para(1, [2, 1.1, -0.1])),
    light: (number) => Math.max(0, 1.1 * number - 0.1) ** 2,
  },
  {
    name: "kind 2",
    icc: grayProfile(para(2, [2, 1.08, -0.1, 0.03])),
    light: (number) => Math.max(0, 1.08 * number - 0.1) ** 2 + 0.03,
  },
  { name: "kind 3", icc: grayProfile(para(3, BT709)), light: bt709 },
  {
    name: "kind 4",
    icc: grayProfile(para(4, [...BT709.slice(0, 4), 0.081, 0.01, 0.01])),
    light: (number) => Math.min(1, bt709(number) + 0.01),
  },
  { name: "lightness", icc: grayProfile(curv([]), { to: "Lab " }), light: lightness },
  { name: "RGB of gamma 1.8", icc: rgb(1.8), light: (number) => number ** 1.8 },
  { name: "RGB of gamma 2.6", icc: rgb(2.6), light: (number) => number ** 2.6 },
];

const NUMBERS = [0.08, 0.35, 0.63, 0.94];
const HALF = 128 / 255;

/** Gray stored in a format with a bit depth, with or without alpha, and with a profile. */
interface Store {
  readonly name: string;
  readonly type: "png" | "jpeg" | "tiff" | "avif";
  readonly bits: 8 | 16;
  readonly alpha?: number;
  /** The maximum difference between shown and stored samples. */
  readonly near: number;
  readonly file: (icc: Buffer | undefined) => Promise<Buffer> | Buffer;
}

const numbers = NUMBERS.map((number) => [number]);

const STORES: readonly Store[] = [8, 16].flatMap((each): Store[] => {
  const bits = each === 8 ? 8 : 16;
  // An 8-bit sample corresponds to up to two sRGB samples.
  const near = bits === 8 ? 2 : 1;
  const name = (kind: string) => `${kind}, ${bits} bit`;
  const top = 2 ** bits - 1;
  const tiff = (photometric: "white" | "black", extras: readonly (0 | 2)[]): Store => ({
    name: name(`TIFF, 0 is ${photometric}, ${extras.length} more samples`),
    type: "tiff",
    bits,
    near,
    ...(extras.includes(2) && { alpha: HALF }),
    file: (icc) => {
      const tags = icc ? [[34675, TYPES.undefined, [...icc]] as const] : [];
      return tiffOf({ photometric, bits, extras, tags }, (x, y) => {
        const number = NUMBERS[(x < 48 ? 0 : 1) + (y < 32 ? 0 : 2)] ?? 0;
        const gray = photometric === "white" ? 1 - number : number;
        return [gray, ...extras.map((kind) => (kind === 2 ? HALF : 0.1))].map((share) =>
          Math.round(share * top),
        );
      });
    },
  });
  return [
    ...[undefined, HALF].flatMap((alpha): Store[] => {
      const common = { bits, ...(alpha !== undefined && { alpha }) } as const;
      const clear = alpha === undefined ? "" : " and alpha";
      return [
        {
          ...common,
          name: name(`PNG, gray${clear}`),
          type: "png",
          near,
          file: (icc) => png(numbers, bits, alpha, ...(icc ? [iccp(icc)] : [])),
        },
        {
          ...common,
          name: name(`AVIF, gray${clear}`),
          type: "avif",
          // The coding is lossy.
          near: 4,
          file: async (icc) => {
            const file = await avif(numbers, bits === 8 ? 8 : 10, alpha);
            return icc ? withProperty(file, prof(icc)) : file;
          },
        },
      ];
    }),
    tiff("black", []),
    tiff("white", []),
    tiff("black", [2]),
    tiff("black", [0, 2]),
    tiff("white", [0]),
    ...(bits === 8
      ? [
          {
            name: "JPEG, gray, 8 bit",
            type: "jpeg" as const,
            bits: 8 as const,
            near: 3,
            file: async (icc: Buffer | undefined) => {
              const jpeg = await sharp(await png(numbers, 8, undefined))
                .toColorspace("b-w")
                .jpeg({ quality: 100 })
                .toBuffer();
              return icc ? withProfile(jpeg, icc) : jpeg;
            },
          },
        ]
      : []),
  ];
});

/** The expected colors; for 8-bit samples, those of the rounded samples. */
function wanted({ light }: Profile, { bits, alpha }: Store): number[][] {
  const top = 2 ** bits - 1;
  return NUMBERS.map((number) => {
    const gray = 255 * srgb(light(Math.round(number * top) / top));
    return [gray, gray, gray, ...(alpha === undefined ? [] : [128])];
  });
}

beforeAll(() => configureCodec({ threads: 2 }));

describe.each(STORES)("$name", (store) => {
  it.each(PROFILES)("is converted by a profile of $name", async (profile) => {
    const file = await store.file(profile.icc);
    for (const memoryBytes of [Infinity, 1]) {
      const found = await shownColors(file, memoryBytes);
      expect(farthest(found, wanted(profile, store))).toBeLessThanOrEqual(store.near);
    }
  });

  it("needs no conversion with a profile of sRGB", async () => {
    for (const icc of [await srgbProfile(), grayProfile(para(3, SRGB))]) {
      const bytes = await store.file(icc);
      expect(await probe({ kind: "bytes", bytes }, rules(1e6))).not.toHaveProperty("colors");
    }
  });
});

const SRGB = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

async function srgbProfile(): Promise<Buffer> {
  const file = await sharp(await png([[0], [0], [0], [0]], 8, undefined))
    .toColorspace("srgb")
    .withIccProfile("srgb")
    .tiff()
    .toBuffer();
  const { icc } = await sharp(file).metadata();
  if (icc === undefined) throw new Error("sharp wrote no profile");
  return icc;
}

/** Samples in narrow range: 16 to 235 of 8 bits represent 0 to 1. */
const NARROW = NUMBERS.map((number) => [(16 + 219 * number) / 255]);

describe("gray in narrow range", () => {
  const lightBy = (transfer: TransferName) => (number: number) =>
    transfer === "linear"
      ? number
      : transfer === "gamma 2.2"
        ? number ** 2.2
        : linear(number * 255);
  const wide = (transfer: TransferName) =>
    NUMBERS.map((number) => Array<number>(3).fill(255 * srgb(lightBy(transfer)(number))));

  const cases = ([8, 10, 12] as const).flatMap((bits) =>
    (["sRGB", "gamma 2.2", "linear"] as const).map((transfer) => ({ bits, transfer })),
  );
  const fileOfCase = async ({ bits, transfer }: (typeof cases)[number]) =>
    withProperty(await avif(NARROW, bits, undefined), nclx(1, TRANSFERS[transfer], 6, false));

  it.each(cases)("is expanded, AVIF, $bits bit, $transfer", async (one) => {
    for (const memoryBytes of [Infinity, 1]) {
      const found = await shownColors(await fileOfCase(one), memoryBytes);
      // The curve is steep in dark values.
      expect(farthest(found, wide(one.transfer))).toBeLessThanOrEqual(8);
    }
  });

  it("is expanded as in Chromium", async ({ skip }) => {
    if (CHROMIUM_MISSING) return skip(CHROMIUM_MISSING);
    const files = await Promise.all(cases.map(fileOfCase));
    const shown = await chromiumSees(files.map((file) => ({ type: "avif", file })));
    for (const [at, file] of files.entries()) {
      const wanted = shown[at]?.map((color) => color.slice(0, 3)) ?? [];
      expect(farthest(await shownColors(file), wanted), `${at}`).toBeLessThanOrEqual(3);
    }
  });

  it("is expanded in HEIC, but full range is not", async () => {
    // Made with Debian's `heif-enc -q 95`, 1.15, from a gray PNG of these samples.
    const file = await readFile(new URL("../formats/heic/gray.fixture.heic", import.meta.url));
    const narrow = withProperty(file, nclx(1, 13, 6, false));
    expect(farthest(await shownColors(narrow), wide("sRGB"))).toBeLessThanOrEqual(3);
    const full = NARROW.map(([share = 0]) => Array<number>(3).fill(share * 255));
    for (const fullRange of [file, withProperty(file, nclx(1, 13))]) {
      expect(farthest(await shownColors(fullRange), full)).toBeLessThanOrEqual(3);
    }
  });
});

describe("gray with a profile", () => {
  it("has the same colors as in Chromium", async ({ skip }) => {
    if (CHROMIUM_MISSING) return skip(CHROMIUM_MISSING);
    // Chromium reads no TIFF, no AVIF with a gray profile, and no profile that leads to lightness.
    const stores = STORES.filter(({ type }) => type === "png" || type === "jpeg");
    const cases = await Promise.all(
      stores.flatMap((store) =>
        PROFILES.filter(({ name }) => name !== "lightness").map(async (profile) => ({
          name: `${store.name} ${profile.name}`,
          type: store.type,
          file: await store.file(profile.icc),
        })),
      ),
    );
    const shown = await chromiumSees(cases);
    const far: unknown[] = [];
    for (const [at, { name, file }] of cases.entries()) {
      const ours = (await shownColors(file)).map((color) => [...color, 255].slice(0, 4));
      const theirs = shown[at];
      const apart = theirs ? farthest(ours, theirs) : Number.NaN;
      if (!(apart <= 3)) far.push([name, ours, theirs]);
    }
    expect(far).toEqual([]);
  });

  it("is rendered even if its profile is damaged", async () => {
    for (const icc of [grayProfile(1.8), grayProfile(para(3, BT709)), rgb(1.8)]) {
      for (let at = 128; at < icc.length; at += 3) {
        const torn = Buffer.from(icc);
        torn.fill(0xff, at, Math.min(icc.length, at + 4));
        await shownColors(await png(numbers, 16, undefined, iccp(torn)));
      }
    }
  });
});
