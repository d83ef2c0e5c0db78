import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { enoughShrink, ownContestants } from "./contestants.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "imagefleet-contestants-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it.each([
  [1600, 1200, 2],
  [1500, 1200, 1],
  [4000, 3000, 4],
  [3000, 6399, 4],
  [8000, 6000, 8],
])("computes the scale factor of the decode of a JPEG of %d x %d", (width, height, shrink) => {
  expect(enoughShrink({ width, height })).toBe(shrink);
});

it("has eight contestants that run", async () => {
  const picture = { megapixels: 2, width: 1600, height: 1200, times: 1 };
  const create = { width: 1600, height: 1200, channels: 3, background: "#369" } as const;
  const photo = await sharp({ create }).jpeg().toBuffer();
  const path = join(dir, "photo.jpg");
  await writeFile(path, photo);
  const contestants = await ownContestants({ picture, path, bytes: photo });
  for (const { once } of contestants.values()) await once();
  expect(contestants.size).toBe(8);
});
