import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cli, run } from "../../fixtures/cli.ts";
import { photograph, put } from "../../fixtures/pictures.ts";

const RECIPE = `export default {
  presets: {
    thumb: "160x160",
    hero: { widths: [160, 240], formats: ["webp", "jpeg"], quality: 40 },
  },
};
`;

const result = v.nullable(v.looseObject({ quality: v.number(), bytes: v.number() }));
const resultSchema = v.looseObject({
  presets: v.array(
    v.object({
      preset: v.string(),
      label: v.string(),
      format: v.string(),
      now: result,
      changed: result,
    }),
  ),
  total: v.record(v.string(), v.nullable(v.looseObject({ bytes: v.number() }))),
  changes: v.array(v.looseObject({ edit: v.unknown() })),
});

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-test-"));
  await writeFile(join(folder, "recipe.mjs"), RECIPE);
  for (const hue of [20, 140]) await put(folder, `photos/${hue}.jpg`, await photograph(hue));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function args(line: string): string[] {
  return ["compare", ...line.split(" "), "--recipe", "recipe.mjs"];
}

describe("imagefleet compare", { timeout: 60_000 }, () => {
  it("compares the recipe with changes of it, and writes nothing", async () => {
    const set = [
      "hero.webp.quality=60",
      "hero.webp.effort=4",
      "hero.avif.quality=50",
      "thumb.webp.quality=86",
    ];
    const line = `photos --preset hero --json ${set.map((each) => `--set ${each}`).join(" ")}`;
    const { code, stdout, stderr } = await run(args(line), { cwd: folder });
    if (stdout === "") throw new Error(stderr);
    expect(code).toBe(0);
    const { presets, total, changes, ...rest } = v.parse(resultSchema, JSON.parse(stdout));
    expect(rest).toMatchObject({ views: 10, sample: { measured: 2, rejected: {} } });
    expect(presets.map(({ label, format }) => `${label} ${format}`)).toEqual([
      "thumb webp",
      "hero-160w webp",
      "hero-240w webp",
      "hero-160w jpeg",
      "hero-240w jpeg",
      "hero-160w avif",
      "hero-240w avif",
    ]);
    const [thumb, webp, , jpeg, , avif] = presets;
    expect(thumb?.now).toEqual(thumb?.changed);
    expect(webp).toMatchObject({
      now: { quality: 40, effort: 2 },
      changed: { quality: 60, effort: 4, renditions: [{ width: 160 }, { width: 160 }] },
    });
    expect(jpeg).toMatchObject({ now: { quality: 40 }, changed: null });
    expect(avif).toMatchObject({ now: null, changed: { quality: 50, effort: 0 } });
    const sum = (which: "now" | "changed") =>
      presets.reduce((all, each) => all + ((each[which] ?? each.now)?.bytes ?? 0), 0);
    expect(total).toMatchObject({ now: { bytes: sum("now") }, changed: { bytes: sum("changed") } });
    expect(changes).toMatchObject([
      {
        preset: "hero",
        format: "webp",
        edit: {
          line: 4,
          before: [expect.stringContaining("quality: 40")],
          after: [
            expect.stringContaining("quality: { webp: 60, jpeg: 40 }, effort: { webp: 4 } },"),
          ],
        },
      },
      { preset: "hero", format: "avif", edit: null },
      { preset: "thumb", edit: { before: [], after: [] } },
    ]);
    expect(await readFile(join(folder, "recipe.mjs"), "utf8")).toBe(RECIPE);
  });

  it("prints a table, and the lines of the recipe that would change", async () => {
    const line = "photos/20.jpg --format jpeg --set hero.jpeg.mozjpeg=true";
    const { code, stdout } = await run(args(line), { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^1 image in .*\n\npreset +setting +score +worst tenth +size +CPU +a mill/,
    );
    expect(stdout).toMatch(/\nhero-160w +now +jpeg 40 +\d/);
    expect(stdout).toMatch(/\n +changed +jpeg 40, mozjpeg +\d/);
    expect(stdout).not.toMatch(/webp \d/);
    expect(stdout).toMatch(/\n {2}now .* a million images, .*\n {2}changed .* a million images/);
    expect(stdout).toMatch(
      /\nrecipe\.mjs:4\n- hero: .*\n\+ hero: .*quality: 40, mozjpeg: true },\n/,
    );
  });

  it.each([
    ["photos --set hero.gif.quality=4", "with the format jpeg, webp, avif"],
    ["photos --preset her", "--preset her: recipe.mjs has no such preset: it has thumb webp,"],
  ])("refuses %s", async (line, why) => {
    const { code, stderr } = await run(args(line), { cwd: folder });
    expect(stderr).toContain(why);
    expect(code).toBe(2);
  });

  it("ends by Ctrl-C, and leaves no files behind", async () => {
    const tmp = await mkdtemp(join(tmpdir(), "imagefleet-test-"));
    // The slowest effort: it is not over when the signal comes.
    const set = "--set hero.avif.effort=9 --set thumb.avif.effort=9";
    const cli = new Cli(args(`photos ${set}`), { cwd: folder, env: { TMPDIR: tmp } });
    await expect.poll(() => readdir(tmp), { timeout: 30_000 }).toHaveLength(1);
    cli.signal("SIGINT");
    expect((await cli.ended()).code).toBe(130);
    expect(await readdir(tmp)).toEqual([]);
    await rm(tmp, { recursive: true });
  });
});
