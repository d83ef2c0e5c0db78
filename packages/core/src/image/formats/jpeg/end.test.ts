import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { ImageInput } from "../../index.ts";
import { configureCodec } from "../../index.ts";
import { INPUT_KINDS, inputOf } from "../../inputs.fixture.ts";
import { detailed, fileOf, pictureOf, quadrants, RGB, rendered } from "../../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const picture = () => detailed(93, 70);
const KINDS = [
  ...[false, true].flatMap((progressive) => {
    const how = progressive ? "progressive" : "baseline";
    return [
      ...["4:2:0", "4:4:4"].map(
        (chromaSubsampling) =>
          [
            `${how}, ${chromaSubsampling}`,
            () => picture().jpeg({ progressive, chromaSubsampling }).toBuffer(),
          ] as const,
      ),
      [
        `${how}, gray`,
        () => picture().toColorspace("b-w").jpeg({ progressive }).toBuffer(),
      ] as const,
      [
        `${how}, rotated`,
        () => picture().withMetadata({ orientation: 6 }).jpeg({ progressive }).toBuffer(),
      ] as const,
    ];
  }),
  // Only one variant, because each conversion to sRGB takes half a second.
  ["CMYK", () => picture().toColorspace("cmyk").jpeg().toBuffer()] as const,
  ["restart markers", () => readFile(new URL("restarts.fixture.jpg", import.meta.url))] as const,
  ["mozjpeg", () => picture().jpeg({ mozjpeg: true }).toBuffer()] as const,
];

const presets = { whole: { format: "png" }, small: "20w" } as const;

async function made(input: ImageInput): Promise<Buffer[] | unknown> {
  try {
    const files = await rendered(input, presets);
    return [(await pictureOf(files, "whole")).data, fileOf(files, "small")];
  } catch (error) {
    return error;
  }
}

describe.each(KINDS)("a JPEG without its end marker, %s", (_name, make) => {
  it.each(INPUT_KINDS)("gives the same renditions as with the marker, from %s", async (kind) => {
    const whole = await make();
    const wanted = await made(await inputOf(kind, whole));
    expect(wanted).toHaveLength(2);
    expect(await made(await inputOf(kind, whole.subarray(0, -2)))).toEqual(wanted);
    expect(await made(await inputOf(kind, whole.subarray(0, -1)))).toEqual(wanted);
  });

  it("is rejected if the last bytes of its pixels are missing too", async () => {
    const whole = await make();
    const wanted = await made({ kind: "bytes", bytes: whole });
    const cuts = [3, 4, 5, 7, 9, 14, 30, 60, 120, 300, whole.length >> 1];
    for (const cut of cuts.filter((each) => each < whole.length * 0.9)) {
      const found = await made({ kind: "bytes", bytes: whole.subarray(0, -cut) });
      // The last byte may contain only padding bits.
      if (cut < 5 && Array.isArray(found)) expect(found).toEqual(wanted);
      else expect(found, `${cut} bytes less`).toMatchObject({ reason: "SourceCorrupt" });
    }
  });
});

it.each(["4:2:0", "4:4:4"])(
  "a truncated JPEG without detail, %s, is rendered like the complete file or rejected",
  async (chromaSubsampling) => {
    for (const progressive of [false, true]) {
      const whole = await quadrants(RGB)
        .jpeg({ quality: 95, progressive, chromaSubsampling, optimiseCoding: progressive })
        .toBuffer();
      const wanted = await made({ kind: "bytes", bytes: whole });
      for (let cut = 2; cut < 90; cut++) {
        const found = await made({ kind: "bytes", bytes: whole.subarray(0, -cut) });
        if (Array.isArray(found)) expect(found, `${cut} bytes less`).toEqual(wanted);
        else expect(found).toMatchObject({ reason: "SourceCorrupt" });
      }
    }
  },
);

it.each([false, true])(
  "a JPEG that lacks many lines is rejected, progressive: %s",
  async (progressive) => {
    const whole = await detailed(93, 400).jpeg({ progressive }).toBuffer();
    expect(await made({ kind: "bytes", bytes: whole.subarray(0, -2) })).toHaveLength(2);
    for (const share of [0.3, 0.5, 0.7]) {
      const bytes = whole.subarray(0, whole.length * share);
      expect(await made({ kind: "bytes", bytes })).toMatchObject({ reason: "SourceCorrupt" });
    }
  },
);

it("a progressive JPEG that ends between two scans is rejected", async () => {
  const whole = await picture().jpeg({ progressive: true }).toBuffer();
  const scans = [...whole.keys()].filter(
    (at) => whole[at] === 0xff && (whole[at + 1] === 0xda || whole[at + 1] === 0xc4),
  );
  for (const at of scans.slice(3)) {
    const cut = { kind: "bytes", bytes: whole.subarray(0, at) } as const;
    expect(await made(cut)).toMatchObject({ reason: "SourceCorrupt" });
  }
});

it("a truncated JPEG with an appended end marker is rendered", async () => {
  const whole = await picture().jpeg().toBuffer();
  const end = Buffer.of(0xff, 0xd9);
  const closed = Buffer.concat([whole.subarray(0, whole.length >> 1), end]);
  expect(await made({ kind: "bytes", bytes: closed })).toHaveLength(2);
});
