import { configureCodec } from "@imagefleet/core/image";
import { Rejection } from "@imagefleet/core/outcome";
import { expect, it } from "vitest";
import { rendered } from "../../packages/core/src/image/pictures.fixture.ts";
import { bombs, corpus } from "./corpus.ts";
import { fileOfIndex, fuzz } from "./run.ts";

it("gives the same file for the same seed and different files for different seeds", async () => {
  const seeds = await corpus();
  const { file } = fileOfIndex(seeds, 1, 40);
  expect(fileOfIndex(seeds, 1, 40).file.equals(file)).toBe(true);
  expect(fileOfIndex(seeds, 2, 40).file.equals(file)).toBe(false);
});

it("renders or rejects files that are crafted to take long", async () => {
  configureCodec({ threads: 2 });
  const ends: Record<string, unknown> = {};
  for (const { name, file } of await bombs()) {
    ends[name] = await rendered(file, { a: "20w" }).then(
      () => "rendered",
      (error: unknown) => (error instanceof Rejection ? error.reason : error),
    );
  }
  expect(ends).toEqual({
    "jpeg, exif bomb": "rendered",
    "png, exif bomb": "rendered",
    "webp, exif bomb": "rendered",
    "avif, exif bomb": "rendered",
    "heic, exif bomb": "rendered",
    "jpeg, 883 scans": "rendered",
    "avif, 256 tiles": "rendered",
    "avif, 256 tiles for 64 px": "SourceTooLarge",
    "heic, 256 tiles for 64 px": "SourceTooLarge",
    "avif, tiles in a circle": "SourceCorrupt",
    "avif, 5,000 frames": "rendered",
    "heic, 5,000 frames": "rendered",
  });
});

it("ends every damaged file of any format with a known outcome", {
  timeout: 120_000,
}, async () => {
  const seed = 20_260_101;
  const report = await fuzz(seed, 300);
  const { rendered = 0, SourceCorrupt = 0 } = report.outcomes;
  expect(report, `seed ${seed}`).toMatchObject({ files: 300, findings: [] });
  // Neither let all through nor refused all.
  expect(rendered).toBeGreaterThan(30);
  expect(SourceCorrupt).toBeGreaterThan(60);
  expect(report.peakBytes).toBeLessThan(700 * 2 ** 20);
});
