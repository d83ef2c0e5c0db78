import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { configureCodec } from "../index.ts";
import {
  colorsOf,
  farthest,
  pictureOf,
  type Quadrants,
  quadrants,
  RGB,
  rendered,
} from "../pictures.fixture.ts";

let folder = "";
let links = "";
beforeAll(() => configureCodec({ threads: 2 }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-names-"));
  links = await mkdtemp(join(tmpdir(), "imagefleet-links-"));
  vi.stubEnv("TMPDIR", links);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
  await rm(links, { recursive: true, force: true });
});

const OTHER: Quadrants = [RGB[3], RGB[2], RGB[1], RGB[0]];

it.each([
  "photo.jpg[shrink=8]",
  "photo.jpg[shrink=8] ",
  "photo.jpg[]",
  "photo.jpg[page=2].jpg",
  "a[1].jpg",
  'a"b.jpg[shrink=2]',
  "a,b=[c.jpg",
  "[x]",
])("reads a file called %j and not one with a similar name", async (name) => {
  await writeFile(join(folder, "photo.jpg"), await quadrants(OTHER, 192, 128).jpeg().toBuffer());
  const path = join(folder, name);
  await writeFile(path, await quadrants(RGB, 192, 128).jpeg({ quality: 95 }).toBuffer());
  const presets: Parameters<typeof rendered>[1] = {
    thumb: { size: "24w", format: "png" },
    whole: { size: "192w", format: "png" },
  };
  const made = await rendered({ kind: "file", path }, presets);
  for (const [preset, width] of [
    ["thumb", 24],
    ["whole", 192],
  ] as const) {
    const picture = await pictureOf(made, preset);
    expect(picture.width).toBe(width);
    expect(farthest(colorsOf(picture), RGB)).toBeLessThan(12);
  }
  expect(await readdir(links)).toEqual([]);
});
