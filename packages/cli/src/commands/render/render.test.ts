import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { imageSizeFromFile } from "image-size/fromFile";
import sharp from "sharp";
import { beforeEach, describe, expect, test } from "vitest";
import { OUTPUT_MARK } from "../../files/output/mark.ts";
import { Cli, run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";
import { cut, noise, put } from "../../fixtures/pictures.ts";

let cwd = "";

beforeEach(async () => {
  cwd = await newFolder();
  const presets = {
    thumb: { size: "50x50", fit: "cover" },
    wide: { size: "320w", format: "jpeg" },
  };
  await put(cwd, "recipe.mjs", `export default ${JSON.stringify({ presets })};`);
});

const render = (...args: string[]) => run(["render", "--recipe", "recipe.mjs", ...args], { cwd });

function lines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe("imagefleet render", () => {
  test("reports how much smaller a rendition of the source's size is", async () => {
    const source = await sharp(noise(400, 300)).jpeg({ quality: 95 }).toBuffer();
    await put(cwd, "a.jpg", source);
    const presets = { compress: { format: "jpeg", quality: 60 }, thumb: "50w" };
    await put(cwd, "recipe.mjs", `export default ${JSON.stringify({ presets })};`);
    const { stdout } = await render("a.jpg", "--json", "--out", "out");
    const { size } = await stat(join(cwd, "out/compress/a.jpg.jpg"));
    expect(lines(stdout)).toMatchObject([
      {
        renditions: [
          {
            preset: "compress",
            width: 400,
            bytes: size,
            savedPercent: Math.round((1 - size / source.length) * 1000) / 10,
          },
          { preset: "thumb", savedPercent: null },
        ],
      },
    ]);
  });

  test("shows some of many files, and its JSON has all, as it says", async () => {
    for (let n = 0; n < 42; n++) await put(cwd, `in/${n}.jpg`, "this is no picture");
    const { stdout, stderr } = await render("in", "--json", "--out", "out");
    expect(stderr).toContain("… and 12 more. Shown are problems and the slowest; --json lists");
    expect(lines(stdout)).toHaveLength(42);
  });

  test("continues after bad files, and prints one line for each file in order", async () => {
    await put(cwd, "in/a.jpg", sharp(noise(800, 600)).jpeg());
    await put(
      cwd,
      "in/b lying+%20'🐱.jpg",
      sharp(noise(400, 200)).jpeg().withMetadata({ orientation: 6 }),
    );
    await put(cwd, "in/c-cut.jpg", cut(await sharp(noise(600, 400)).jpeg().toBuffer()));
    await put(cwd, "in/d-text.jpg", "this is not an image");
    await put(cwd, "in/e-empty.png", "");
    await put(cwd, "in/sub/f.png", sharp(noise(100, 100)).png());
    await put(cwd, "in/notes.txt", "passed over");

    const { code, stdout, stderr } = await render("in", "--json", "--out", "out");

    expect(lines(stdout)).toMatchObject([
      {
        file: join(cwd, "in/a.jpg"),
        outcome: "rendered",
        reason: null,
        message: null,
        source: { format: "jpeg", width: 800, height: 600, pages: 1 },
        lane: "small",
        renditions: [
          { preset: "thumb", format: "webp", width: 50, height: 50 },
          { preset: "wide", format: "jpeg", width: 320, height: 240 },
        ],
      },
      { outcome: "rendered", source: { width: 200, height: 400 } },
      { outcome: "rejected", reason: "SourceCorrupt", renditions: [] },
      { outcome: "rejected", reason: "SourceUnsupported", source: { format: null, bytes: 20 } },
      { outcome: "rejected", reason: "SourceEmpty", source: { bytes: 0 } },
      { outcome: "rendered", file: join(cwd, "in/sub/f.png") },
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain("6 images; skipped 1 file not named like an image (notes.txt)\n");
    expect(stderr).toContain("6 files in");

    const sizes = {
      "wide/a.jpg.jpg": [320, 240],
      "thumb/a.jpg.webp": [50, 50],
      "wide/b lying+%2520'🐱.jpg.jpg": [200, 400],
      "thumb/b lying+%2520'🐱.jpg.webp": [50, 50],
      "wide/sub/f.png.jpg": [100, 100],
      "thumb/sub/f.png.webp": [50, 50],
    };
    for (const [path, [width, height]] of Object.entries(sizes)) {
      expect(await imageSizeFromFile(join(cwd, "out", path)), path).toMatchObject({
        width,
        height,
      });
    }
    const written = await readdir(join(cwd, "out"), { recursive: true, withFileTypes: true });
    const pictures = written.filter((entry) => entry.isFile() && entry.name !== OUTPUT_MARK);
    expect(pictures).toHaveLength(Object.keys(sizes).length);
  });

  test("prints a table of outcomes, and what to do", async () => {
    await put(cwd, "a.jpg", sharp(noise(640, 480)).jpeg());
    await put(cwd, "cut.jpg", cut(await sharp(noise(600, 400)).jpeg().toBuffer()));
    const { code, stdout } = await render("a.jpg", "cut.jpg");
    expect(code).toBe(3);
    expect(stdout).toMatch(/a\.jpg +small +rendered +2, up to 320x240 +[\d.]+ kB +\d+ ms/);
    expect(stdout).toMatch(/cut\.jpg +small +rejected SourceCorrupt/);
    expect(stdout).toContain("→ the file is truncated or damaged");
    expect(stdout).toContain(`renditions  ${join(cwd, "renditions")}`);
    expect(stdout).not.toContain("\u001b");
  });

  test("reports damaged sources and bounded renditions, in the table and as JSON", async () => {
    const recipe = { source: { damaged: "render" }, presets: { whole: {}, thumb: "50w" } };
    await put(cwd, "recipe.mjs", `export default ${JSON.stringify(recipe)};`);
    await put(cwd, "long.png", sharp(noise(2, 20_000)).png());
    await put(cwd, "cut.jpg", cut(await sharp(noise(600, 400)).jpeg().toBuffer()));
    const { code, stdout } = await render("cut.jpg", "long.png", "--json");
    expect(code).toBe(0);
    expect(lines(stdout)).toMatchObject([
      {
        outcome: "rendered",
        damaged: expect.stringContaining("premature end"),
        renditions: [{ boundedFrom: null }, {}],
      },
      {
        damaged: null,
        renditions: [{ height: 16_383, boundedFrom: { width: 2, height: 20_000 } }, {}],
      },
    ]);
    const { stdout: table } = await render("cut.jpg", "long.png");
    expect(table).toMatch(/cut\.jpg {2}damaged\n.*premature end/);
    expect(table).not.toMatch(/long\.png {2}damaged/);
  });

  test("does not name the output folder when no rendition was made", async () => {
    await put(cwd, "a.jpg", "not an image");
    const { stdout } = await render("a.jpg");
    expect(stdout).toContain("0 renditions");
    expect(stdout).not.toContain(join(cwd, "renditions"));
  });

  test("does not render the renditions of an earlier run", async () => {
    await put(cwd, "in/a.jpg", sharp(noise(64, 64)).jpeg());
    await render("in", "--out", "in/made");
    const { stdout, stderr } = await render("in", "--json", "--out", "elsewhere");
    expect(lines(stdout)).toHaveLength(1);
    expect(stderr).toContain("skipped 1 folder of renditions");
    const { code, stderr: refusal } = await render("in/made");
    expect(code).toBe(2);
    expect(refusal).toMatch(/in\/made contains renditions/);
  });

  test("determines the large lane by bytes", async () => {
    const recipe = { presets: { a: "9x9" }, lanes: { smallBytes: 1000 } };
    await put(cwd, "recipe.mjs", `export default ${JSON.stringify(recipe)}`);
    await put(cwd, "a.jpg", sharp(noise(300, 300)).jpeg());
    const { stdout } = await render("a.jpg", "--json");
    expect(lines(stdout)).toMatchObject([{ lane: "large", outcome: "rendered" }]);
  });

  test("names every issue of a recipe, with field, value and fix", async () => {
    const presets = {
      a: { size: "10x10", format: "jpg2" },
      b: { width: 0 },
      c: "100000w",
      d: { sise: 1 },
    };
    await put(cwd, "recipe.mjs", `export default ${JSON.stringify({ presets })}`);
    const { code, stderr } = await render(".");
    expect(code).toBe(2);
    expect(stderr).toContain('presets.a.format is "jpg2": use one of jpeg, png, webp, avif');
    expect(stderr).toContain("presets.b.width is 0: write a number of px from 1 to 16383");
    expect(stderr).toContain('presets.c is "100000w": each side must be from 1 to 16383 px');
    expect(stderr).toContain('presets.d.sise is not a field here: did you mean "size"?');
  });

  test("prints a stack with IMAGEFLEET_DEBUG", async () => {
    const env = { IMAGEFLEET_DEBUG: "1" };
    const { stderr } = await run(["render", "nowhere"], { cwd, env });
    expect(stderr).toMatch(/^ +at /m);
  });

  test("reports a file that cannot be written, and exits with 1", async () => {
    await put(cwd, "a.jpg", sharp(noise(64, 64)).jpeg());
    await put(cwd, "out/thumb", "a file where the folder should be");
    const { code, stdout } = await render("a.jpg", "--out", "out");
    expect(stdout).toMatch(/thumb.* cannot be written: a file is where a folder must be/);
    expect(stdout).toContain("→ check the file and the folder of --out");
    expect(stdout).not.toContain("bug in imagefleet");
    expect(code).toBe(1);
  });

  test.each([
    [
      "a folder that does not exist",
      ["nowhere"],
      /^error: .*nowhere does not exist: name a folder/,
    ],
    ["no path", [], /^error: missing required argument 'paths'$/],
    ["a misspelled option", [".", "--jsn"], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    ["a missing recipe", [".", "--recipe", "none.ts"], /none\.ts: there is no such recipe/],
    ["a file for --out", ["a.jpg", "--out", "a.jpg"], /--out .*a\.jpg cannot be used: a file is/],
    [
      "an --out that cannot be created",
      ["a.jpg", "--out", "/proc/nothing/x"],
      /--out \/proc\/nothing/,
    ],
    ["an --out that is the source folder", [".", "--out", "."], /--out .* is also a source folder/],
    ["an empty path", [""], /a path is empty/],
    ["a device", ["/dev/null"], /\/dev\/null is a device: name a folder/],
    [
      "a recipe that exits",
      ["a.jpg", "--recipe", "exits.mjs"],
      /exits\.mjs calls process\.exit\(\)/,
    ],
  ])("refuses %s with one line and exit code 2", async (_what, args, message) => {
    await put(cwd, "a.jpg", sharp(noise(64, 64)).jpeg());
    await put(cwd, "exits.mjs", "process.exit(0); export default {};");
    const { code, stdout, stderr } = await render(...args);
    expect(stderr.trim()).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("prints only JSON on stdout, even if a recipe prints or keeps timers running", async () => {
    await put(cwd, "a.jpg", sharp(noise(64, 64)).jpeg());
    const chatty = 'console.log("hello"); setInterval(() => {}, 1e6);';
    await put(cwd, "recipe.mjs", `${chatty} export default { presets: { a: "9x9" } };`);
    const { code, stdout, stderr } = await render("a.jpg", "--json");
    expect(lines(stdout)).toMatchObject([{ outcome: "rendered" }]);
    expect(stderr).toContain("hello");
    expect(code).toBe(0);
  });

  test("skips its output folder, and renders a folder that is named twice only once", async () => {
    await put(cwd, "a.jpg", sharp(noise(64, 64)).jpeg());
    const first = await render(".", "--json");
    const second = await render(".", `${cwd}/`, "--json");
    expect(lines(first.stdout)).toHaveLength(1);
    expect(lines(second.stdout)).toHaveLength(1);
    expect(second.stderr).toContain("the --out folder within");
  });

  test("keeps its exit code when stdout is closed", async () => {
    for (const name of ["a", "b", "c"]) await put(cwd, `in/${name}.jpg`, "not an image");
    const cli = new Cli(["render", "--recipe", "recipe.mjs", "--json", "in"], { cwd });
    cli.closeStdout();
    expect((await cli.ended()).code).toBe(3);
  });

  test("reports what was not rendered at Ctrl-C, leaves no partial file, and exits with 130", async () => {
    const picture = await sharp(noise(1200, 900)).jpeg().toBuffer();
    for (let n = 0; n < 40; n++) await put(cwd, `in/${n}.jpg`, picture);
    const cli = new Cli(["render", "--recipe", "recipe.mjs", "--json", "in"], { cwd });
    await cli.line(/^\{"file"/);
    cli.signal("SIGINT");
    const { code, stderr } = await cli.ended();
    expect(code).toBe(130);
    expect(stderr).toMatch(/Interrupted: \d+ files? not rendered/);
    const left = await readdir(join(cwd, "renditions"), { recursive: true });
    expect(left.filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }, 60_000);
});
