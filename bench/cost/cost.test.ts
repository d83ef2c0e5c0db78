import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Presets } from "./presets.ts";
import { BAR, costRow, costTable, isFarOver, isUnder } from "./report.ts";
import { runCost } from "./run.ts";
import { COST_SOURCES, type SizeName } from "./sources.ts";

let folder: string;
let noise: Buffer;
const [WIDTH, HEIGHT] = [2400, 1800];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-cost-"));
  const grain = { type: "gaussian", mean: 128, sigma: 60 } as const;
  const create = {
    width: 600,
    height: 450,
    channels: 3,
    background: "#888",
    noise: grain,
  } as const;
  noise = await sharp({ create }).blur(2).png({ compressionLevel: 0 }).toBuffer();
});
afterAll(() => rm(folder, { recursive: true }));

/** Those that stood worst when all were measured: see `bench cost` for the others. */
const WORST: readonly (readonly [string, Presets])[] = [
  ["JPEG CMYK", "thumb"],
  ["JPEG progressive 4:4:4", "thumb"],
  ["PNG RGBA", "shipped"],
  ["WebP lossy", "shipped"],
  ["BMP", "full size"],
  ["HEIC 8 bit", "full size"],
];

// Elsewhere nothing tells a process's peak alone.
describe.runIf(process.platform === "linux")("4 megapixels take no more than was predicted", () => {
  it.each(WORST)("%s, %s", async (name, presets) => {
    const source = COST_SOURCES.find((each) => each.name === name);
    const photo = sharp(noise).resize(WIDTH, HEIGHT, { fit: "fill", kernel: "nearest" });
    const path = join(folder, `source.${source?.extension}`);
    await writeFile(path, (await source?.make(photo, WIDTH, HEIGHT)) ?? "");
    const { grownBytes, predictedBytes } = await runCost(path, presets);
    expect(grownBytes).toBeGreaterThan(0);
    expect(predictedBytes / grownBytes).toBeGreaterThan(BAR);
    expect(predictedBytes / grownBytes).toBeLessThan(3);
  });
});

describe("the table", () => {
  const MIB = 2 ** 20;
  const row = (size: SizeName, grown: number, predicted: number) =>
    costRow({
      source: "PNG",
      size,
      presets: "thumb",
      pixels: 1,
      strategy: "cascade",
      grownBytes: grown * MIB,
      predictedBytes: predicted * MIB,
    });

  it("marks what is predicted too low, and far too high", () => {
    const rows = [row("small", 100, 89), row("12 MP", 100, 91), row("48 MP", 100, 300)];
    expect(rows.map(isUnder)).toEqual([true, false, false]);
    expect(rows.map(isFarOver)).toEqual([false, false, true]);
    // Twice as much of nearly nothing moves no job.
    expect(isFarOver(row("small", 4, 12))).toBe(false);
    const machine = {
      cpus: 1,
      model: "m",
      platform: "p",
      node: "n",
      sharp: "s",
      libvips: "v",
      load: 0,
    };
    const text = costTable({ bench: "cost", bar: BAR, met: false, rows, machine });
    expect(text).toMatch(/PNG, small +100 +– +89 +0\.89!/);
    expect(text).toMatch(/PNG, 48 MP +100 +– +300 +3\.00\+/);
    expect(text).toContain("least predicted / measured: 0.89, bar 0.9: NOT met");
  });
});
