import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { samplesIn } from "./fixtures/index.ts";
import { generateSamples } from "./index.ts";

const LIMIT_BYTES = 20 * 1024 * 1024;

let dir = "";
let files: string[] = [];

beforeAll(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "imagefleet-samples-")), "samples");
  files = await samplesIn(dir, process.env["IMAGEFLEET_SHARED"]);
});
afterAll(() => rm(join(dir, ".."), { recursive: true, force: true }));

const path = (name: string) => join(dir, name);
const digest = async (name: string) =>
  createHash("sha256")
    .update(await readFile(path(name)))
    .digest("hex");

describe("generateSamples", () => {
  test("writes every sample under its name, and no other file", async () => {
    const visible = (await readdir(dir)).filter((name) => !name.startsWith("."));
    expect(visible.sort()).toEqual(files.map((file) => basename(file)).sort());
    expect(visible).toHaveLength(10);
  });

  test.each([
    ["mountain-lake.jpg", { format: "jpeg", width: 4000, height: 3000, isProgressive: false }],
    ["fruit-phone.jpg", { format: "jpeg", width: 4000, height: 3000, orientation: 6 }],
    ["dahlia-progressive.jpg", { format: "jpeg", isProgressive: true }],
    ["night-city.webp", { format: "webp", width: 2400, height: 1600 }],
    ["aurora.avif", { format: "heif", compression: "av1", width: 1600 }],
    ["moon-16bit.png", { format: "png", depth: "ushort", channels: 1 }],
    ["sticker.png", { format: "png", hasAlpha: true }],
    ["day-and-night.gif", { format: "gif", pages: 12, width: 320, height: 200 }],
    ["coast-scan.tif", { format: "tiff", width: 4200, height: 2100 }],
  ])(
    "writes %s in its format, with more bytes than its default rendition of the same size",
    async (name, expected) => {
      expect(await sharp(path(name)).metadata()).toMatchObject(expected);
      // It is read to its end, and its tones vary as a picture's do.
      const { channels } = await sharp(path(name), { failOn: "warning" }).stats();
      expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(20);
      const rendition = await sharp(path(name), { animated: true })
        .webp({ quality: 78, effort: 2 })
        .toBuffer();
      expect(rendition.length).toBeLessThan((await stat(path(name))).size);
    },
  );

  test("writes one file over 20 MiB and one that cannot be read to its end", async () => {
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    expect(sizes.filter((size) => size > LIMIT_BYTES)).toHaveLength(1);
    await expect(
      sharp(path("truncated-upload.jpg"), { failOn: "error" }).stats(),
    ).rejects.toThrow();
  });

  test("writes only a missing file again, with the same bytes", async () => {
    const before = await digest("sticker.png");
    const { mtimeMs } = await stat(path("mountain-lake.jpg"));
    await rm(path("sticker.png"));
    expect(await generateSamples(dir)).toEqual(files);
    expect((await stat(path("mountain-lake.jpg"))).mtimeMs).toBe(mtimeMs);
    expect(await digest("sticker.png")).toBe(before);
  });
});
