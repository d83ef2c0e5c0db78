import { readFile } from "node:fs/promises";
import { CHROMIUM_MISSING, chromiumSees } from "@imagefleet/test/reference/chromium.ts";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { chunk, u32, withChunks } from "../containers.fixture.ts";
import { configureCodec, probe } from "../index.ts";
import {
  colorsOf,
  farthest,
  fileOf,
  grays,
  pictureOf,
  type Quadrants,
  quadrants,
  RGB,
  rendered,
  rules,
  shownColors,
} from "../pictures.fixture.ts";
import { isDisplayP3 } from "./display-p3.ts";
import {
  avif,
  chrm,
  cicp,
  expected,
  gama,
  meantByPq,
  nclx,
  numbersOf,
  type PrimariesName,
  png,
  stored,
  type TransferName,
  withProperty,
} from "./stored.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const WAYS = [Infinity, 1];
const P3 = [31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6000];
const BT709 = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6000];
const sRGB = chunk("sRGB", [0]);
/** The same chunk with a wrong checksum. */
const torn = (sound: Buffer) =>
  Buffer.concat([sound.subarray(0, -1), Buffer.of((sound.at(-1) ?? 0) ^ 1)]);

/** The color shown for RGB, in Display P3 samples. */
const IN_P3 = numbersOf(RGB, "Display P3", "sRGB");

describe("the color information of a PNG", () => {
  const profiled = async (profile: "p3" | "srgb", numbers: readonly (readonly number[])[]) => {
    const plain = await sharp(await png(numbers, 8, undefined))
      .raw()
      .toBuffer();
    const raw = { width: 48, height: 32, channels: 3 } as const;
    // The samples stay unchanged: the conversion is from that profile to the same profile.
    const icc = await sharp(plain, { raw }).withIccProfile(profile).png().toBuffer();
    const at = icc.indexOf("iCCP", 0, "latin1") - 4;
    const block = icc.subarray(at, at + 12 + icc.readUInt32BE(at));
    return [await png(numbers, 8, undefined), block] as const;
  };

  it("applies in the order of the third edition: cICP, iCCP, sRGB, gAMA and cHRM", async () => {
    const [asP3, iccP3] = await profiled("p3", IN_P3);
    const [, iccSrgb] = await profiled("srgb", IN_P3);
    const plain = await png(numbersOf(RGB, "BT.709", "sRGB"), 8, undefined);
    const linear = gama(100_000);
    const cases: [string, Buffer, readonly Buffer[]][] = [
      ["cICP of P3 before a profile of sRGB", asP3, [iccSrgb, cicp("Display P3", "sRGB")]],
      ["cICP of sRGB before a profile of P3", plain, [cicp("BT.709", "sRGB"), iccP3]],
      ["a profile before sRGB and gAMA", asP3, [iccP3, linear, chrm(BT709)]],
      ["sRGB before gAMA and cHRM", plain, [sRGB, linear, chrm(P3)]],
      ["cHRM with gAMA", asP3, [gama(45_455), chrm(P3)]],
      ["cICP before gAMA and cHRM", asP3, [cicp("Display P3", "sRGB"), linear, chrm(BT709)]],
      ["a cICP with reserved numbers is ignored", plain, [chunk("cICP", [200, 13, 0, 1]), sRGB]],
      ["a cICP of YCbCr is ignored", plain, [chunk("cICP", [12, 13, 1, 1])]],
      ["a cHRM without gAMA is ignored", plain, [chrm(P3)]],
      ["a cICP with a wrong checksum is ignored", plain, [torn(cicp("Display P3", "sRGB"))]],
      ["a gAMA with a wrong checksum is ignored", plain, [torn(linear), chrm(P3)]],
      ["invalid cHRM and gAMA are ignored", plain, [gama(0), chrm([0, 0, 0, 0, 0, 0, 0, 0])]],
    ];
    for (const [name, file, chunks] of cases) {
      for (const memoryBytes of WAYS) {
        const found = await shownColors(withChunks(file, ...chunks), memoryBytes);
        expect(farthest(found, RGB), name).toBeLessThanOrEqual(4);
      }
    }
  });

  it.each([
    [8, "RGB"],
    [16, "RGB"],
    [8, "gray"],
    [16, "gray"],
  ] as const)("can be a gAMA with any exponent, %i bit %s", async (bits, kind) => {
    for (const gamma of [1, 1.8, 2.2, 2.6, 3.5]) {
      const colors: Quadrants = kind === "RGB" ? RGB : [[60], [128], [200], [240]];
      const numbers = colors.map((color) =>
        color.map((value) => stored([value, value, value], "BT.709", "linear")[0] ?? 0),
      );
      const coded = numbers.map((color) => color.map((light) => light ** (1 / gamma)));
      for (const alpha of [undefined, 128 / 255]) {
        const file = await png(coded, bits, alpha, gama(Math.round(100_000 / gamma)));
        const wanted = colors.map(([r = 0, g = r, b = r]) => [r, g, b]);
        for (const memoryBytes of WAYS) {
          const found = await shownColors(file, memoryBytes);
          expect(farthest(found, wanted), `${gamma}`).toBeLessThanOrEqual(8);
        }
      }
    }
  });

  it.each(["linear", "PQ", "HLG", "gamma 2.2"] as const)(
    "can be a transfer function of gray: %s",
    async (transfer) => {
      const shown = grays(60, 128, 200, 240);
      for (const [bits, alpha] of [
        [8, undefined],
        [8, 128],
        [16, undefined],
        [16, 128],
      ] as const) {
        const numbers = numbersOf(shown, "BT.2020", transfer).map(([gray = 0]) => [gray]);
        const file = await png(numbers, bits, alpha && alpha / 255, cicp("BT.2020", transfer));
        const clear = alpha === undefined ? [] : [alpha];
        const wanted = shown.map((gray) => [...expected(gray, "BT.2020", transfer), ...clear]);
        for (const memoryBytes of WAYS) {
          const found = await shownColors(file, memoryBytes);
          expect(farthest(found, wanted)).toBeLessThanOrEqual(bits === 8 ? 8 : 2);
        }
      }
    },
  );

  it("can be narrow range, with 8 and 16 bits", async () => {
    for (const bits of [8, 16] as const) {
      const [low, span] = bits === 8 ? [16 / 255, 219 / 255] : [4096 / 65_535, 56_064 / 65_535];
      const numbers = numbersOf(RGB, "BT.709", "sRGB").map((color) =>
        color.map((value) => low + span * value),
      );
      const file = await png(numbers, bits, undefined, cicp("BT.709", "sRGB", 0));
      for (const memoryBytes of WAYS) {
        expect(farthest(await shownColors(file, memoryBytes), RGB)).toBeLessThanOrEqual(2);
      }
    }
  });

  it("can be the peak of HDR, to which highlights are compressed", async () => {
    const white = grays(255, 200, 128, 20);
    const numbers = numbersOf(white, "BT.2020", "PQ");
    for (const peak of [203, 600, 1000, 4000]) {
      const light = chunk("cLLI", Buffer.concat([u32(peak * 10_000), u32(0)]));
      const volume = Buffer.alloc(24);
      volume.writeUInt32BE(peak * 10_000, 16);
      for (const peakChunk of [light, chunk("mDCV", volume)]) {
        const file = await png(numbers, 16, undefined, cicp("BT.2020", "PQ"), peakChunk);
        const rolledOff = white.map((color) => expected(color, "BT.2020", "PQ", peak));
        const wanted = peak === 203 ? white : rolledOff;
        expect(farthest(await shownColors(file), wanted)).toBeLessThanOrEqual(2);
      }
    }
  });

  it("gives the same colors as in Chromium", async ({ skip }) => {
    if (CHROMIUM_MISSING) return skip(CHROMIUM_MISSING);
    const [asP3, iccP3] = await profiled("p3", IN_P3);
    const files = await Promise.all([
      ...[100_000, 55_556, 45_455, 38_000].flatMap((value) =>
        ([8, 16] as const).map((bits) =>
          png(numbersOf(RGB, "BT.709", "sRGB"), bits, undefined, gama(value)),
        ),
      ),
      withChunks(asP3, chrm(P3)),
      withChunks(asP3, torn(cicp("Display P3", "sRGB"))),
      withChunks(asP3, torn(gama(100_000)), chrm(P3)),
      withChunks(asP3, gama(45_455), chrm(P3)),
      withChunks(asP3, gama(100_000), chrm(P3)),
      withChunks(asP3, sRGB, gama(100_000), chrm(P3)),
      withChunks(asP3, cicp("BT.709", "sRGB"), iccP3),
      withChunks(asP3, cicp("BT.2020", "sRGB"), gama(100_000)),
    ]);
    const shown = await chromiumSees(files.map((file) => ({ type: "png", file })));
    for (const [at, file] of files.entries()) {
      const wanted = shown[at]?.map((color) => color.slice(0, 3)) ?? [];
      expect(farthest(await shownColors(file), wanted), `${at}`).toBeLessThanOrEqual(14);
    }
  });

  it("is not read if the header is damaged, and the source is rejected", async () => {
    const file = await png(IN_P3, 8, undefined);
    file.writeUInt8((file[32] ?? 0) ^ 1, 32);
    for (const memoryBytes of WAYS) {
      await expect(shownColors(file, memoryBytes)).rejects.toMatchObject({
        reason: "SourceCorrupt",
      });
    }
  });

  it("prevents the fallback to the source's own bytes", async () => {
    const numbers = numbersOf(RGB, "BT.709", "linear");
    const file = await png(numbers, 8, undefined, gama(100_000));
    const made = await rendered(file, { whole: { format: "png", fallback: "source" } });
    expect(fileOf(made, "whole").equals(file)).toBe(false);
    expect(farthest(colorsOf(await pictureOf(made, "whole")), RGB)).toBeLessThan(8);
  });

  it("gives an image or a rejection for any chunks", async () => {
    const plain = await png(IN_P3, 8, undefined);
    const types = fc.constantFrom("cICP", "gAMA", "cHRM", "sRGB", "cLLI", "mDCV");
    const chunks = fc.array(fc.tuple(types, fc.uint8Array({ maxLength: 40 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(chunks, async (made) => {
        const file = withChunks(
          plain,
          ...made.map(([type, data]) => chunk(type, Buffer.from(data))),
        );
        await shownColors(file).catch((error: unknown) => {
          expect(error).toMatchObject({ reason: "SourceCorrupt" });
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe("Display P3 by code points", () => {
  it.each([
    ["PNG", 8],
    ["PNG", 16],
    ["AVIF", 8],
    ["AVIF", 10],
    ["AVIF", 12],
  ] as const)("stays P3 if the preset requires it: %s, %i bit", async (kind, bits) => {
    const file =
      kind === "PNG"
        ? await png(IN_P3, bits === 8 ? 8 : 16, undefined, cicp("Display P3", "sRGB"))
        : withProperty(await avif(IN_P3, bits, undefined), nclx(12, 13));
    for (const memoryBytes of WAYS) {
      const presets = { wide: { format: "png", color: "p3" } } as const;
      const out = fileOf(await rendered(file, presets, memoryBytes), "wide");
      expect(isDisplayP3((await sharp(out).metadata()).icc)).toBe(true);
      const { data, info } = await sharp(out, { ignoreIcc: true })
        .toColorspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      const wanted = IN_P3.map((color) => color.map((value) => value * 255));
      const found = colorsOf({ data, width: info.width, height: info.height, channels: 3 });
      expect(farthest(found, wanted)).toBeLessThanOrEqual(5);
    }
  });
});

describe("the color information of an AVIF or HEIC", () => {
  it("is its profile rather than its code points", async () => {
    const plain = await avif(IN_P3, 8, undefined);
    const { icc } = await sharp(
      await quadrants(RGB).withIccProfile("p3").png().toBuffer(),
    ).metadata();
    const profile = Buffer.from(icc ?? []);
    const head = Buffer.concat([u32(profile.length + 12), Buffer.from("colrprof")]);
    const both = withProperty(withProperty(plain, nclx(9, 16)), Buffer.concat([head, profile]));
    for (const memoryBytes of WAYS) {
      expect(farthest(await shownColors(both, memoryBytes), RGB)).toBeLessThanOrEqual(10);
    }
  });

  it.each([
    ["plain", "Display P3", "sRGB"],
    ["plain", "BT.2020", "gamma 2.2"],
    ["plain", "BT.2020", "PQ"],
    ["alpha", "Display P3", "sRGB"],
    ["alpha", "BT.2020", "HLG"],
    ["grid/deep", "Display P3", "sRGB"],
    ["grid/deep", "BT.2020", "PQ"],
    ["grid/deep", "BT.2020", "HLG"],
    ["grid/deep", "BT.709", "linear"],
  ] as const)("can be code points: HEIC, %s, %s, %s", async (name, primaries, transfer) => {
    const file = await readFile(new URL(`../formats/heic/${name}.fixture.heic`, import.meta.url));
    const numbers = { "Display P3": 12, "BT.2020": 9, "BT.709": 1 }[primaries];
    const transfers = { sRGB: 13, "gamma 2.2": 4, PQ: 16, HLG: 18, linear: 8 }[transfer];
    const labeled = withProperty(file, nclx(numbers, transfers));
    const plain = await shownColors(file);
    // The file's samples are known in 8 bits, which is a large step of light for PQ.
    const near = transfer === "PQ" ? 14 : 6;
    for (const memoryBytes of WAYS) {
      const found = await shownColors(labeled, memoryBytes);
      for (const [at, [r = 0, g = 0, b = 0, alpha = 255]] of found.entries()) {
        if (alpha === 0) continue;
        const held = (plain[at] ?? []).slice(0, 3);
        const numbers = held.map((value) => value / 255);
        const shown = [r, g, b];
        const back = () => stored(unrolled(shown, primaries, transfer), primaries, transfer);
        // For PQ, compares the shown colors; for the others, converts back to the file's samples.
        const [ours, wanted] =
          transfer === "PQ"
            ? [shown, expected(meantByPq(numbers, primaries), primaries, transfer)]
            : [back().map((value) => value * 255), held];
        for (const [band, value] of ours.entries()) {
          // Colors outside sRGB cannot be converted back.
          if ((shown[band] ?? 0) < 6 || (shown[band] ?? 0) > 249) continue;
          expect(Math.abs(value - (wanted[band] ?? 0))).toBeLessThanOrEqual(near);
        }
      }
    }
  });

  /** Finds the color before the highlights were rolled off, by bisection. */
  function unrolled(
    color: readonly number[],
    primaries: PrimariesName,
    transfer: TransferName,
  ): number[] {
    let [low, high] = [0, 40];
    const light = color.map((value) => value / 255);
    const scaled = (by: number) => light.map((value) => 255 * value * by);
    for (let step = 0; step < 40; step++) {
      const middle = (low + high) / 2;
      const shown = Math.max(...expected(scaled(middle), primaries, transfer));
      if (shown > Math.max(...color)) high = middle;
      else low = middle;
    }
    return scaled(low);
  }

  it("is rejected by name if the decoders do not support it", async () => {
    const file = withProperty(await avif(IN_P3, 10, undefined), nclx(9, 16, 14));
    await expect(probe({ kind: "bytes", bytes: file }, rules(1e6))).rejects.toMatchObject({
      reason: "SourceUnsupported",
      message: expect.stringContaining("an AVIF in ICtCp"),
    });
  });
});
