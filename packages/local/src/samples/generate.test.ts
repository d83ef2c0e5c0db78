import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateSamples } from "./index.ts";

const LIMIT_BYTES = 20 * 1024 * 1024;

let dir = "";
let files: string[] = [];

beforeAll(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "imagefleet-samples-")), "samples");
  files = await generateSamples(dir);
}, 30_000);
afterAll(() => rm(join(dir, ".."), { recursive: true, force: true }));

const path = (name: string) => join(dir, name);
const digest = async (name: string) =>
  createHash("sha256")
    .update(await readFile(path(name)))
    .digest("hex");

describe("the samples", () => {
  test("are all there under their names, and nothing half-written beside them", async () => {
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
  ])("%s is what it says", async (name, expected) => {
    expect(await sharp(path(name)).metadata()).toMatchObject(expected);
    // Decodes to its end, and is a picture: its tones spread.
    const { channels } = await sharp(path(name), { failOn: "warning" }).stats();
    expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(20);
  });

  test("hold one over 20 MiB and one that cannot be decoded to its end", async () => {
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    expect(sizes.filter((size) => size > LIMIT_BYTES)).toHaveLength(1);
    await expect(
      sharp(path("truncated-upload.jpg"), { failOn: "error" }).stats(),
    ).rejects.toThrow();
  });

  test("are not made again, but for one that is missing: the same bytes", async () => {
    const before = await digest("sticker.png");
    const { mtimeMs } = await stat(path("mountain-lake.jpg"));
    await rm(path("sticker.png"));
    expect(await generateSamples(dir)).toEqual(files);
    expect((await stat(path("mountain-lake.jpg"))).mtimeMs).toBe(mtimeMs);
    expect(await digest("sticker.png")).toBe(before);
  });
});
