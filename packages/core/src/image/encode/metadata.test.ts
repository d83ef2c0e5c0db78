import exifReader from "exif-reader";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import type { RecipeInput } from "../../recipe/index.ts";
import { configureCodec } from "../index.ts";
import { fileOf, quadrants, RGB, rendered, WAYS } from "../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const FORMATS = ["jpeg", "png", "webp", "avif"] as const;

/** A picture with all metadata of a phone, and more. EXIF is ASCII: libvips writes A for Ä. */
function phone(): Promise<Buffer> {
  return quadrants(RGB)
    .withExif({
      IFD0: { Copyright: "(c) Ä. Nother", Artist: "Ä. Nother", Make: "Maker", Model: "Nine" },
      IFD2: {
        DateTimeOriginal: "2026:03:01 10:20:30",
        ExposureTime: "1/125",
        FNumber: "18/10",
        ISOSpeedRatings: "200",
        CameraOwnerName: "somebody",
        BodySerialNumber: "8273645",
      },
      IFD3: {
        GPSLatitudeRef: "N",
        GPSLatitude: "52/1 31/1 12/1",
        GPSLongitudeRef: "E",
        GPSLongitude: "13/1 24/1 0/1",
      },
    })
    .jpeg()
    .toBuffer();
}

type Settings = Exclude<RecipeInput["presets"][string], string>;

async function kept(
  preset: Settings,
  memoryBytes: number,
): Promise<{ file: Buffer; found: ReturnType<typeof exifReader>; icc: boolean }> {
  const made = await rendered(await phone(), { a: preset }, memoryBytes);
  const file = fileOf(made, "a");
  const { exif, hasProfile } = await sharp(file).metadata();
  return { file, found: exif ? exifReader(exif) : { bigEndian: false }, icc: hasProfile };
}

describe.each(FORMATS.flatMap((format) => WAYS.map((way) => [format, ...way] as const)))(
  "the metadata that a %s, %s, keeps",
  (format, _way, memoryBytes) => {
    const keeping = (preset: Settings) => kept(preset, memoryBytes);

    it("is only the copyright for keep: copyright", async () => {
      const { file, found, icc } = await keeping({ format, keep: ["copyright"] });
      expect(found.Image).toMatchObject({ Copyright: "(c) A. Nother", Artist: "A. Nother" });
      expect([found.Image?.Make, found.Photo?.DateTimeOriginal, found.GPSInfo, icc]).toEqual([
        undefined,
        undefined,
        undefined,
        false,
      ]);
      expect(file.includes("somebody")).toBe(false);
    });

    it("is the camera settings without names, serial numbers and location for keep: exif", async () => {
      const { file, found } = await keeping({ format, size: "48w", keep: ["exif"] });
      expect(found.Image).toMatchObject({
        Make: "Maker",
        Model: "Nine",
        Copyright: "(c) A. Nother",
      });
      expect(found.Photo).toMatchObject({
        DateTimeOriginal: new Date("2026-03-01T10:20:30Z"),
        ExposureTime: 1 / 125,
        FNumber: 1.8,
        ISOSpeedRatings: 200,
      });
      expect(found.GPSInfo).toBeUndefined();
      for (const word of ["somebody", "8273645"]) expect(file.includes(word)).toBe(false);
    });

    it("is the location only for keep: gps", async () => {
      const { found } = await keeping({ format, keep: ["gps"] });
      expect(found.GPSInfo).toMatchObject({
        GPSLatitudeRef: "N",
        GPSLatitude: [52, 31, 12],
        GPSLongitude: [13, 24, 0],
      });
      expect(found.Image?.Make).toBeUndefined();
    });

    it("is an sRGB profile for keep: icc", async () => {
      expect((await keeping({ format, keep: ["icc"] })).icc).toBe(true);
    });
  },
);

it("removes the location from a rendition in Display P3", async () => {
  const source = await sharp(await phone())
    .keepExif()
    .withIccProfile("p3")
    .jpeg()
    .toBuffer();
  const made = await rendered(source, { a: { format: "jpeg", color: "p3", keep: ["copyright"] } });
  const { exif, hasProfile } = await sharp(fileOf(made, "a")).metadata();
  const found = exifReader(exif ?? Buffer.alloc(0));
  expect(hasProfile).toBe(true);
  expect(found.Image?.Artist).toBe("A. Nother");
  expect([found.Image?.Make, found.GPSInfo]).toEqual([undefined, undefined]);
});

it("renders a source without EXIF although the preset keeps it", async () => {
  const plain = await quadrants(RGB).jpeg().toBuffer();
  const presets = { a: { format: "jpeg", keep: ["exif", "gps"] } } as const;
  const found = await rendered(plain, { a: { ...presets.a, keep: [...presets.a.keep] } });
  expect(await sharp(fileOf(found, "a")).metadata()).toMatchObject({ width: 96 });
});
