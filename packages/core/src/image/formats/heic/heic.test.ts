import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, probe } from "../../index.ts";
import {
  colorsOf,
  farthest,
  pictureOf,
  RGB,
  rendered,
  rules,
  shownColors,
  WAYS,
  WHOLE,
} from "../../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

/**
 * 96 x 64 px, four quadrants, made with Debian's heif-enc 1.15 (x265):
 * plain: `heif-enc -q 90 quadrants.png`
 * alpha: `heif-enc -q 90 -p chroma=444 clear.png`, one quadrant half clear, one wholly
 * phone: `heif-enc -q 90 -p chroma=444 phone.jpg`, in Display P3, EXIF orientation 6
 */
function fixture(name: "plain" | "alpha" | "phone"): Promise<Buffer> {
  return readFile(new URL(`${name}.fixture.heic`, import.meta.url));
}

describe("a HEIC", () => {
  it("is described by its header", async () => {
    const bytes = await fixture("plain");
    expect(await probe({ kind: "bytes", bytes }, rules(1e6))).toMatchObject({
      format: "heic",
      width: 96,
      height: 64,
      bands: 3,
      depth: 8,
      alpha: false,
      orientation: 1,
    });
  });

  it.each(WAYS)("is rendered, %s", async (_name, memoryBytes) => {
    const presets = { ...WHOLE, half: { size: "48w", format: "jpeg", quality: 95 } } as const;
    const made = await rendered(await fixture("plain"), presets, memoryBytes);
    for (const [name, width] of [
      ["whole", 96],
      ["half", 48],
    ] as const) {
      const found = await pictureOf(made, name);
      expect(found.width).toBe(width);
      expect(farthest(colorsOf(found), RGB)).toBeLessThan(12);
    }
  });

  it("keeps its transparency", async () => {
    const found = await shownColors(await fixture("alpha"));
    expect(found.map(([, , , alpha]) => alpha)).toEqual([255, 128, 0, 255]);
    // The color of a transparent px is undefined.
    for (const at of [0, 3])
      expect(farthest(found.slice(at), RGB.slice(at, at + 1))).toBeLessThan(12);
  });

  it("is converted from its profile to sRGB", async () => {
    expect(farthest(await shownColors(await fixture("phone")), RGB)).toBeLessThan(12);
  });

  it("is rejected before it is decoded if it exceeds the limit or HEIC is disabled", async () => {
    const input = { kind: "bytes", bytes: await fixture("plain") } as const;
    await expect(probe(input, rules(6143))).rejects.toMatchObject({ reason: "SourceTooLarge" });
    await expect(probe(input, rules(1e6, { heic: false }))).rejects.toMatchObject({
      reason: "SourceUnsupported",
      message: expect.stringContaining("source: { heic: true }"),
    });
  });

  it("is rejected if it is truncated", async () => {
    const file = await fixture("plain");
    for (const kept of [200, file.length / 2, file.length - 30]) {
      await expect(rendered(file.subarray(0, kept), WHOLE)).rejects.toMatchObject({
        reason: "SourceCorrupt",
      });
    }
  });
});
