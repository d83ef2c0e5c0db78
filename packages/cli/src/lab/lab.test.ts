import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../fixtures/folder.ts";
import { photograph, put } from "../fixtures/pictures.ts";
import { readChange } from "./change.ts";
import { Lab } from "./lab.ts";
import type { Result } from "./result.ts";

const RECIPE = `export default {
  presets: {
    thumb: "160x160",
    // Mine.
    hero: { widths: [160, 240], formats: ["webp", "jpeg"], quality: 40 },
    icon: { size: "64x64", format: "gif" },
    colors: { size: "64x64", format: "png", palette: true, quality: 60 },
    tiny: "4x4",
  },
};
`;

let folder = "";
let lab: Lab;
const { signal } = new AbortController();

function open(recipe: string, targets: readonly string[], by = signal, mostBytes?: number) {
  const where = { recipe, connection: { data: folder }, cwd: folder, sample: 3 };
  return Lab.open({ targets, ...where, ...(mostBytes !== undefined && { mostBytes }) }, by);
}

/** The folders of labs that are open. */
async function folders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("imagefleet-lab-"));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-test-"));
  await writeFile(join(folder, "recipe.mjs"), RECIPE);
  for (const hue of [20, 140]) await put(folder, `photos/${hue}.jpg`, await photograph(hue));
  await put(folder, "photos/broken.jpg", "no image");
  lab = await open(join(folder, "recipe.mjs"), ["photos"]);
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe("a lab", { timeout: 60_000 }, () => {
  it("knows its pictures, the presets of the recipe and what can be changed of them", () => {
    expect(lab.pictures.map(({ name }) => name).sort()).toEqual(["20.jpg", "140.jpg"].sort());
    expect(lab.pictures[0]).toMatchObject({ width: 480, height: 360, bytes: expect.any(Number) });
    expect(lab.rejected).toEqual({ SourceUnsupported: 1 });
    expect(lab.notes).toEqual(["not measured: 2 renditions under 8 px, which have no score"]);
    expect(lab.presets.map(({ label, format }) => `${label} ${format}`)).toEqual([
      "thumb webp",
      "hero-160w webp",
      "hero-240w webp",
      "hero-160w jpeg",
      "hero-240w jpeg",
      "icon gif",
      "colors png",
      "tiny webp",
    ]);
    expect(lab.presets.find(({ label }) => label === "hero-240w")).toEqual({
      preset: "hero",
      label: "hero-240w",
      format: "webp",
      quality: 40,
      effort: 2,
      width: 240,
      when: "upload",
      encoding: "as-set",
      measured: 2,
      editable: [
        { field: "quality", from: 1, to: 100 },
        { field: "effort", from: 0, to: 6 },
      ],
    });
    expect(lab.presets.find(({ format }) => format === "gif")?.editable).toEqual([]);
  });

  it("measures a change, and keeps what it encoded", async () => {
    const change = { preset: "thumb", format: "webp", quality: 30 } as const;
    const result = await lab.measure(change, signal);
    expect(result).toMatchObject({ preset: "thumb", format: "webp", quality: 30, effort: 2 });
    expect(result.renditions).toHaveLength(2);
    const [one] = result.renditions;
    expect(one).toMatchObject({ width: 160, height: 120, label: "thumb" });
    const image = await lab.image(one?.image ?? "");
    expect(image?.type).toBe("image/webp");
    expect(image?.data.byteLength).toBe(one?.bytes);
    const reference = await lab.reference(one?.picture ?? "", "thumb");
    expect(await sharp(reference?.data).metadata()).toMatchObject({ format: "png", width: 160 });
    const bytes = result.renditions.reduce((sum, each) => sum + each.bytes, 0);
    expect(result.bytes).toBe(Math.round(bytes / 2));
    expect(result.worstTenth).toBe(Math.min(...result.renditions.map(({ score }) => score)));
    // The CPU time of a measurement is never the same twice.
    expect(await lab.measure(change, signal)).toEqual(result);
    const better = await lab.measure({ ...change, quality: 80, effort: 4 }, signal, 0);
    expect(better.score).toBeGreaterThan(result.score);
    expect(better.bytes).toBeGreaterThan(result.bytes);
    expect(better.millionUsd).toBeLessThan(result.millionUsd);
    expect(await lab.image("../recipe.mjs")).toBeUndefined();
    expect(await lab.reference("0", "nothing")).toBeUndefined();
  });

  it("measures all widths of a preset, or one of them, in a format that the recipe does not have", async () => {
    const change = { preset: "hero", format: "avif", effort: 0 } as const;
    const all = await lab.measure(change, signal);
    expect(all).toMatchObject({ quality: 65, effort: 0 });
    expect(all.renditions.map(({ label }) => label).sort()).toEqual([
      "hero-160w",
      "hero-160w",
      "hero-240w",
      "hero-240w",
    ]);
    const one = await lab.measure({ ...change, label: "hero-240w" }, signal);
    expect(one.renditions).toEqual(all.renditions.filter(({ label }) => label === "hero-240w"));
  });

  it("measures the recipe as it is, and reports each result as it comes", async () => {
    const results: Result[] = [];
    const all = lab.all((result) => results.push(result), signal, { views: 100 });
    // A change does not wait for all that was asked for before it.
    const change = lab.measure({ preset: "thumb", format: "avif", quality: 21 }, signal);
    expect(await Promise.race([all, change])).toMatchObject({ quality: 21 });
    const total = await all;
    // Renditions of 4 px have no score.
    const measured = lab.presets.filter(({ preset }) => preset !== "tiny");
    expect(results.map(({ label, format }) => `${label} ${format}`).sort()).toEqual(
      measured.map(({ label, format }) => `${label} ${format}`).sort(),
    );
    const sum = results.reduce((bytes, result) => bytes + result.bytes, 0);
    expect(total.bytes).toBe(sum);
    expect(total.s3Usd).toBe(35);
    // 100 views of each of a million.
    expect(total.transferUsd).toBeCloseTo((1e8 * sum * 0.085) / 2 ** 30, 1);
    expect(total.totalUsd).toBeCloseTo(total.lambdaUsd + total.s3Usd + total.transferUsd, 1);
    const views = results.reduce((usd, result) => usd + result.millionUsd, 0);
    expect(total.totalUsd).toBeCloseTo(views, 0);
  });

  it("ends a measurement for a newer one of the same preset, or by its signal", async () => {
    const change = { preset: "hero", format: "avif", effort: 4 } as const;
    const older = lab.measure({ ...change, quality: 31 }, signal);
    const newer = lab.measure({ ...change, quality: 32 }, signal);
    await expect(older).rejects.toMatchObject({ name: "AbortError" });
    expect((await newer).quality).toBe(32);
    const controller = new AbortController();
    const ended = lab.measure({ ...change, quality: 33 }, controller.signal);
    controller.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
    await expect(lab.all(() => undefined, controller.signal)).rejects.toThrow("enough");
  });

  it.each([
    [{ preset: "her", format: "webp" }, 'preset is "her", which the recipe does not have'],
    [{ preset: "hero", label: "hero-1w", format: "webp" }, "use one of hero-160w, hero-240w"],
    [{ preset: "hero", format: "gif" }, 'format is "gif": use one of jpeg, webp, avif'],
    [{ preset: "hero", format: "webp", quality: 101 }, "write a whole number from 1 to 100"],
    [{ preset: "hero", format: "webp", effort: 7 }, "effort is 7: webp takes 0 to 6"],
    [{ preset: "hero", format: "jpeg", effort: 4 }, "JPEG has mozjpeg: true instead"],
    [{ preset: "hero", format: "webp", mozjpeg: true }, "that needs the format jpeg"],
    [{ preset: "tiny", format: "webp" }, "no rendition of the sample can be measured for tiny"],
    [
      { preset: "hero", format: "webp", sharpness: 1 },
      "sharpness is not a field of a change: write { preset, label?,",
    ],
    [{ format: "webp" }, "preset is undefined: write { preset"],
    [7, "the change is 7: write { preset"],
  ])("refuses the change %j", async (input, why) => {
    const measured = async () => lab.measure(readChange(input), signal);
    await expect(measured()).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringContaining(why),
    });
  });

  it("shows and writes the line of a change, and reads the recipe again", async () => {
    const own = await newFolder();
    const recipe = join(own, "recipe.mjs");
    await writeFile(recipe, RECIPE);
    await using writing = await open(recipe, ["photos/20.jpg"]);
    const change = { preset: "hero", format: "webp", quality: 55 } as const;
    const before = '    hero: { widths: [160, 240], formats: ["webp", "jpeg"], quality: 40 },';
    const after = before.replace("quality: 40", "quality: { webp: 55, jpeg: 40 }");
    expect(await writing.line(change)).toEqual({ line: 5, before: [before], after: [after] });
    expect(await writing.line({ ...change, quality: 40 })).toMatchObject({ before: [], after: [] });
    expect(await readFile(recipe, "utf8")).toBe(RECIPE);
    await expect(writing.line({ ...change, format: "avif" })).rejects.toThrow(
      "preset hero of recipe.mjs has no format avif: add it to its formats first",
    );
    const names = await Promise.all([
      writing.write([change, { ...change, label: "hero-160w", effort: 4 }]),
      writing.write([{ preset: "hero", format: "jpeg", mozjpeg: true }]),
    ]);
    expect(names).toEqual([["hero"], ["hero"]]);
    const { presets } = await loadRecipe(recipe);
    const hero = presets.filter(({ name }) => name === "hero");
    expect(hero).toMatchObject([
      { format: "webp", quality: 55, effort: 4 },
      { format: "webp", quality: 55, effort: 4 },
      { format: "jpeg", quality: 40, mozjpeg: true },
      { format: "jpeg", quality: 40, mozjpeg: true },
    ]);
    expect(writing.presets.find(({ preset }) => preset === "hero")).toMatchObject({ quality: 55 });
    await writeFile(recipe, RECIPE);
    await expect(writing.write([change])).rejects.toThrow("recipe.mjs has changed since it was");
    expect(await readFile(recipe, "utf8")).toBe(RECIPE);
  });

  it("keeps the latest encodings, and measures the others again", async () => {
    await using small = await open(join(folder, "recipe.mjs"), ["photos/20.jpg"], signal, 0);
    const image = async (quality: number) => {
      const { renditions } = await small.measure(
        { preset: "thumb", format: "webp", quality },
        signal,
      );
      return renditions[0]?.image ?? "";
    };
    const [first, second] = [await image(50), await image(60)];
    expect(await small.image(first)).toBeUndefined();
    expect(await small.image(second)).toMatchObject({ type: "image/webp" });
    expect(await small.image(await image(50))).toMatchObject({ type: "image/webp" });
    expect(await small.image(second)).toBeUndefined();
  });

  it("leaves no files behind, also where it is ended before it is open", async () => {
    const before = await folders();
    const closed = await open(join(folder, "recipe.mjs"), ["photos/20.jpg"]);
    expect(await folders()).toHaveLength(before.length + 1);
    const late = closed.measure({ preset: "hero", format: "avif", effort: 9 }, signal);
    const rejected = expect(late).rejects.toThrow("the lab is closed");
    await closed[Symbol.asyncDispose]();
    await rejected;
    const aborted = open(join(folder, "recipe.mjs"), ["photos"], AbortSignal.abort());
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    await expect(open(join(folder, "recipe.mjs"), ["nowhere"])).rejects.toThrow("does not exist");
    expect(await folders()).toEqual(before);
  });
});
