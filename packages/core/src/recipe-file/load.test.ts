import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadRecipe, RecipeFileError } from "./index.ts";

let folder = "";
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-recipe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(text: string, extension = ".mts"): Promise<string> {
  const file = join(folder, `recipe-${count++}${extension}`);
  await writeFile(file, text);
  return file;
}

const PLAIN = 'export default { presets: { thumb: "150x150" } } satisfies object;';

describe("a recipe's file", () => {
  test("outside the project may export a plain object, by path and by URL", async () => {
    const file = await write(PLAIN);
    for (const from of [file, pathToFileURL(file), pathToFileURL(file).href]) {
      const recipe = await loadRecipe(from);
      expect(recipe.presets.map(({ name }) => name)).toEqual(["thumb"]);
    }
  });

  test("inside the project is taken as defineRecipe gave it", async () => {
    const url = new URL("../../../../recipe.ts", import.meta.url);
    const recipe = await loadRecipe(url);
    const module: { default: unknown } = await import(url.href);
    expect(recipe).toBe(module.default);
  });

  test.each([
    [
      "no default export",
      "export const recipe = {};",
      "exports only recipe: a recipe is the default",
    ],
    ["nothing at all", "export {};", "exports nothing: a recipe is the default export"],
    [
      "faults",
      'export default { presets: { a: { size: "10x10", format: "jpg2" }, b: "0x0" } };',
      /2 issues:\n {2}- presets\.a\.format is "jpg2": use one of .*\n {2}- presets\.b is "0x0"/,
    ],
    ["a throw of its own", 'throw new TypeError("boom");', "it cannot be loaded: TypeError: boom"],
    ["a syntax error", "export default {", "it cannot be loaded: "],
    [
      "an import that nobody has",
      'import "./nowhere.ts";\nexport default {};',
      "which is not there",
    ],
  ])("with %s says so, naming the file", async (_what, text, message) => {
    const file = await write(text);
    const error = await loadRecipe(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RecipeFileError);
    expect(error).toMatchObject({ file, message: expect.stringContaining(file) });
    expect(error).toMatchObject({
      message:
        typeof message === "string"
          ? expect.stringContaining(message)
          : expect.stringMatching(message),
    });
  });

  test("that has changed is loaded again", async () => {
    const file = await write('export default { presets: { thumb: "150x150" } };');
    const first = await loadRecipe(file);
    expect((await loadRecipe(file)).presets).toEqual(first.presets);
    await writeFile(file, 'export default { presets: { hero: "150x150" } };');
    expect((await loadRecipe(file)).presets).toMatchObject([{ name: "hero" }]);
  });

  /** By Node itself: vitest loads and resolves modules in its own way. */
  async function faultOf(file: string): Promise<string> {
    const program = `import { loadRecipe } from ${JSON.stringify(new URL("load.ts", import.meta.url))};
      await loadRecipe(process.argv[1]).catch((error) => console.log(error.message));`;
    const args = ["--input-type=module", "--eval", program, file];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  }

  test.each([
    [
      ".mts",
      'export default {\n  presets: {\n    a: "1x1" b,\n  },\n};',
      "3:14",
      '    a: "1x1" b,\n             ^',
    ],
    [
      ".mjs",
      "export default {\n\tpresets: {\n\t\ta:\tb c,\n};",
      "3:8",
      "    a:\tb c,\n      \t  ^",
    ],
    [".mts", "enum A { B }\nexport default {};", "1:1", "    enum A { B }\n    ^"],
    [".mjs", "const none = undefined;\nexport default none.presets;", "2:21", "^"],
  ])(
    "that cannot be loaded (%s) tells line, column and code",
    async (extension, text, at, mark) => {
      const file = await write(text, extension);
      const fault = await faultOf(file);
      expect(fault).toContain(`\n  at ${file}:${at}\n`);
      expect(fault).toContain(mark);
    },
  );

  test("that imports what cannot be loaded tells that file's line", async () => {
    const broken = await write("export const a = ;");
    const file = await write(`import { a } from ${JSON.stringify(broken)}; export default a;`);
    expect(await faultOf(file)).toContain(`\n  at ${broken}:1:18\n    export const a = ;\n`);
  });

  test("with an import that only the project has says so, naming the file", async () => {
    const file = await write('import "@imagefleet/core/recipe";\nexport default {};');
    expect(await faultOf(file)).toContain(
      `${file}: "@imagefleet/core" cannot be found from a file outside the project: leave the import out`,
    );
  });

  test("that is not there, is a folder or is no module", async () => {
    await expect(loadRecipe(join(folder, "none.ts"))).rejects.toThrow("there is no such recipe");
    await expect(loadRecipe(folder)).rejects.toThrow("is no file");
    await expect(loadRecipe(await write("presets: {}", ".yaml"))).rejects.toThrow(
      "must end with one of .ts, .mts, .js, .mjs",
    );
  });
});
