import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { photograph, put } from "../../fixtures/pictures.ts";

const RECIPE = `export default {
  presets: {
    thumb: "160x160",
    hero: { widths: [160, 240], formats: ["webp", "jpeg"], quality: 40 },
    icon: { size: "128x128", format: "png" },
  },
};
`;

const found = v.object({
  quality: v.number(),
  effort: v.optional(v.number()),
  mozjpeg: v.optional(v.boolean()),
  score: v.number(),
  bytes: v.number(),
  cpuMs: v.number(),
  millionUsd: v.number(),
});
const resultSchema = v.looseObject({
  presets: v.array(
    v.object({
      preset: v.string(),
      format: v.string(),
      now: v.nullable(found),
      best: v.nullable(found),
      all: v.array(found),
    }),
  ),
});

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-tune-test-"));
  await writeFile(join(folder, "recipe.mjs"), RECIPE);
  for (const hue of [20, 140, 260]) await put(folder, `photos/${hue}.jpg`, await photograph(hue));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function tuned(line: string) {
  const { code, stdout, stderr } = await run(
    ["tune", ...line.split(" "), "--recipe", "recipe.mjs", "--json"],
    { cwd: folder },
  );
  if (stdout === "") throw new Error(stderr);
  return { code, stderr, result: v.parse(resultSchema, JSON.parse(stdout)) };
}

describe("imagefleet tune", { timeout: 60_000 }, () => {
  it("finds the least quality that reaches the score, at the least cost, for each format", async () => {
    const { code, result } = await tuned("photos --target 75");
    expect(code).toBe(0);
    expect(result).toMatchObject({ target: 75, sample: { measured: 3, rejected: {} } });
    expect(result.presets.map(({ preset, format }) => `${preset} ${format}`)).toEqual([
      "thumb webp",
      "hero jpeg",
      "hero webp",
    ]);
    for (const { preset, now, best, all } of result.presets) {
      // Interpolated between qualities that were measured.
      expect(best?.score).toBeGreaterThan(74.9);
      expect(best?.score).toBeLessThan(78);
      expect(all.length).toBe(2);
      expect(best?.millionUsd).toBe(Math.min(...all.map(({ millionUsd }) => millionUsd)));
      expect(now).toMatchObject({ quality: preset === "hero" ? 40 : expect.any(Number) });
    }
  });

  it("scores what the fleet would make", async () => {
    const { result } = await tuned("photos/20.jpg --full --formats webp --target 80 --least bytes");
    const { best } = result.presets.find(({ preset }) => preset === "thumb") ?? {};
    const options = { quality: best?.quality ?? 0, effort: best?.effort ?? 0 };
    const made = await sharp(join(folder, "photos/20.jpg"))
      .resize(160, 160, { fit: "inside" })
      .webp(options)
      .toBuffer();
    expect(Math.abs(made.byteLength - (best?.bytes ?? 0)) / made.byteLength).toBeLessThan(0.05);
  });

  it("measures photographs alone of a preset by content, and says what it leaves out", async () => {
    const preset = '{ size: "200w", format: "jpeg", encoding: "by-content" }';
    await writeFile(join(folder, "content.mjs"), `export default { presets: { a: ${preset} } };`);
    const drawing = { width: 400, height: 300, channels: 3, background: "white" } as const;
    const line = { create: { width: 200, height: 20, channels: 3, background: "navy" } } as const;
    const input = await sharp(line).png().toBuffer();
    await put(
      folder,
      "drawings/a.png",
      await sharp({ create: drawing }).composite([{ input }]).png().toBuffer(),
    );
    const content = async (...paths: string[]) => {
      const { stdout, stderr } = await run(
        ["tune", ...paths, "--recipe", "content.mjs", "--json", "--least", "bytes"],
        { cwd: folder },
      );
      return {
        stderr,
        result: stdout === "" ? undefined : v.parse(resultSchema, JSON.parse(stdout)),
      };
    };
    const both = await content("drawings/a.png", "photos/20.jpg");
    const photo = await content("photos/20.jpg");
    expect(both.result?.presets[0]?.best?.bytes).toBe(photo.result?.presets[0]?.best?.bytes);
    const drawn = await content("drawings/a.png");
    expect(drawn.stderr).toContain(
      "no rendition of 1 image can be measured (1 rendition of drawings",
    );
  });

  it("saves bytes where that is asked for, and compares formats that the recipe does not have", async () => {
    const line = "photos/20.jpg --target 70 --least bytes --formats avif,jpeg";
    const { result } = await tuned(line);
    expect(result.presets).toHaveLength(6);
    for (const { format, now, best, all } of result.presets) {
      expect(best?.bytes).toBe(Math.min(...all.map((each) => each.bytes)));
      if (format === "avif") expect(now).toBeNull();
    }
  });

  it("writes the result into the recipe, which then has it", async () => {
    const { stderr, result } = await tuned("photos/20.jpg --target 78 --write");
    expect(stderr).toContain("Written to recipe.mjs: thumb, hero");
    const file = join(folder, "recipe.mjs");
    const text = await readFile(file, "utf8");
    expect(text).toMatch(/\/\/ Quality and effort by imagefleet tune: score 78 .* of 1 image on /);
    expect(text).toContain('icon: { size: "128x128", format: "png" }');
    const { presets } = await loadRecipe(file);
    for (const { preset, format, best } of result.presets) {
      const now = presets.find((each) => each.name === preset && each.format === format);
      expect(now?.quality).toBe(best?.quality);
      expect([now?.effort, now?.mozjpeg]).toEqual([best?.effort, best?.mozjpeg]);
    }
    await writeFile(file, RECIPE);
  });

  it("measures a sample of a bucket", async () => {
    const sandbox = await startSandbox();
    try {
      const { sourceBucket: Bucket } = sandbox.resources;
      const Body = await photograph(80);
      await sandbox.s3.send(new PutObjectCommand({ Bucket, Key: "x/a.jpg", Body }));
      const where = `--endpoint ${sandbox.endpoint} --data ${sandbox.folder}`;
      const { result } = await tuned(`s3://${Bucket}/x/ --target 70 --least cpu ${where}`);
      expect(result).toMatchObject({ sample: { measured: 1 } });
    } finally {
      await sandbox.close();
    }
  });

  it("reports images that cannot be rendered, and exits with 3 where no setting reaches the score", async () => {
    await put(folder, "mixed/a.jpg", await photograph(300));
    await put(folder, "mixed/b.jpg", "no image");
    const line = ["tune", "mixed", "--target", "99", "--least", "cpu", "--recipe", "recipe.mjs"];
    const { code, stdout } = await run(line, { cwd: folder });
    expect(stdout).toContain("no setting reaches the score. Use a lower --target.");
    expect(stdout).toContain("1 image of the sample cannot be rendered: 1 SourceUnsupported");
    expect(code).toBe(3);
  });

  it.each([
    ["photos --target 120", "a number from 1 to 99"],
    ["photos --formats gif", "jpeg, webp, avif"],
    ["photos --least money", "usd, bytes, cpu"],
    ["mixed/b.jpg", "SourceUnsupported"],
    ["photos --write --formats avif", "no preset of the recipe has the format avif"],
    ["nowhere", "does not exist"],
  ])("refuses %s", async (line, why) => {
    const { code, stderr } = await run(["tune", ...line.split(" "), "--recipe", "recipe.mjs"], {
      cwd: folder,
    });
    expect(stderr).toContain(why);
    expect(code).toBe(2);
  });

  it("refuses a recipe without a format to tune, and says what to write into one made by code", async () => {
    await writeFile(
      join(folder, "png.mjs"),
      'export default { presets: { icon: { size: "128x128", format: "png" } } };',
    );
    const png = await run(["tune", "photos", "--recipe", "png.mjs"], { cwd: folder });
    expect(png.stderr).toContain("has no preset in jpeg, webp, avif");
    await writeFile(
      join(folder, "code.mjs"),
      'const presets = { thumb: "160x160" }; export default { presets };',
    );
    const line = ["tune", "photos/20.jpg", "--recipe", "code.mjs", "--write", "--least", "cpu"];
    const code = await run(line, { cwd: folder });
    expect(code.stderr).toMatch(/makes these presets by code.*\n +thumb: quality: \d+, effort: \d/);
    expect(code.code).toBe(2);
  });
});
