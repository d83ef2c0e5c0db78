import { expect, it } from "vitest";
import { configureCodec } from "../index.ts";
import { rendered } from "../pictures.fixture.ts";
import { bombs, corpus } from "./corpus.ts";
import { fileOfIndex, fuzz } from "./run.ts";

it("gives the same file for the same seed, and another for another", async () => {
  const seeds = await corpus();
  const { file } = fileOfIndex(seeds, 1, 40);
  expect(fileOfIndex(seeds, 1, 40).file.equals(file)).toBe(true);
  expect(fileOfIndex(seeds, 2, 40).file.equals(file)).toBe(false);
});

it("sound files that a codec could be busy with for long are rendered soon", async () => {
  configureCodec({ threads: 2 });
  for (const { name, file } of await bombs()) {
    expect((await rendered(file, { a: "20w" })).size, name).toBe(1);
  }
});

it("damaged files of all formats each come to an end that is known", {
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
