import { defineRecipe, type RecipeInput } from "@imagefleet/core/recipe";
import { describe, expect, it } from "vitest";
import type { Setting } from "./setting.ts";
import { type Chosen, writeTuned } from "./write.ts";

const found = (name: string, setting: Setting, quality: number): Chosen => {
  const { format, mozjpeg = false } = setting;
  return { name, ...setting, quality, ...(format === "jpeg" && { mozjpeg }) };
};
const webp = (name: string, quality = 84) => found(name, { format: "webp", effort: 4 }, quality);

/** The presets that a recipe of these makes. */
const presetsOf = (presets: RecipeInput["presets"]) => defineRecipe({ presets }).presets;
const SMALL = presetsOf({ small: "400w" });

const PRESETS = presetsOf({
  thumb: { size: "150x150", fit: "cover" },
  small: "400w",
  hero: { widths: [400, 800], formats: ["avif", "webp", "jpeg"], quality: 70 },
  "e-mail": { size: "640w", format: "jpeg", mozjpeg: true, quality: 90 },
});
const RECIPE = `import { defineRecipe } from "@imagefleet/core/recipe";

/** Mine. */
export default defineRecipe({
  presets: {
    // Avatars.
    thumb: { size: "150x150", fit: "cover" },
    small: "400w", // in lists
    hero: {
      widths: [400, 800],
      formats: ["avif", "webp", "jpeg"],
      quality: 70,
    },
    "e-mail": { size: '640w', format: "jpeg", mozjpeg: true, quality: Q },
  },
});
`;

describe("writeTuned", () => {
  it("changes the presets, and nothing else", () => {
    const { text, names, unwritten } = writeTuned(
      RECIPE,
      {
        presets: PRESETS,
        chosen: [
          webp("thumb"),
          webp("small", 85),
          found("hero", { format: "avif", effort: 0 }, 58),
          webp("hero"),
          found("hero", { format: "jpeg", mozjpeg: true }, 77),
          found("e-mail", { format: "jpeg" }, 79),
        ],
      },
      "score 80",
    );
    expect(text).toBe(`import { defineRecipe } from "@imagefleet/core/recipe";

/** Mine. */
export default defineRecipe({
  presets: {
    // Quality and effort by imagefleet tune: score 80.
    // Avatars.
    thumb: { size: "150x150", fit: "cover", quality: 84, effort: 4 },
    small: { size: "400w", quality: 85, effort: 4 }, // in lists
    hero: {
      widths: [400, 800],
      formats: ["avif", "webp", "jpeg"],
      quality: { avif: 58, webp: 84, jpeg: 77 },
      effort: { avif: 0, webp: 4 },
      mozjpeg: true,
    },
    "e-mail": { size: '640w', format: "jpeg", mozjpeg: false, quality: 79 },
  },
});
`);
    expect([names, unwritten]).toEqual([["thumb", "small", "hero", "e-mail"], []]);
  });

  it("replaces what an earlier run has written", () => {
    const first = writeTuned(
      RECIPE,
      { presets: PRESETS, chosen: [webp("thumb"), webp("small")] },
      "score 70",
    ).text;
    const second = writeTuned(
      first,
      { presets: PRESETS, chosen: [webp("thumb", 90), webp("small", 91)] },
      "score 80",
    ).text;
    expect(second).toBe(
      first
        .replace("score 70", "score 80")
        .replace("84, effort", "90, effort")
        .replace("84, effort", "91, effort"),
    );
    expect(
      writeTuned(
        second,
        { presets: PRESETS, chosen: [webp("thumb", 90), webp("small", 91)] },
        "score 80",
      ).text,
    ).toBe(second);
  });

  it.each([
    ["satisfies", 'export default { presets: { small: "400w" } } satisfies RecipeInput;'],
    ["a name in quotes", 'export default defineRecipe({ "presets": { "small": "400w" } });'],
    ["one line", "export default defineRecipe({ presets: { small: { width: 400 } } });"],
  ])("understands %s", (_what, text) => {
    expect(writeTuned(text, { presets: SMALL, chosen: [webp("small")] }, "x").text).toMatch(
      /quality: 84, effort: 4 \}/,
    );
  });

  it.each([
    ["presets of a function", "export default defineRecipe({ presets: presets() });"],
    ["a preset of a constant", "export default defineRecipe({ presets: { small: SMALL } });"],
    [
      "a value that a spread replaces",
      "export default { presets: { small: { quality: 7, ...wide } } };",
    ],
    ["a preset that is spread", "export default defineRecipe({ presets: { ...all } });"],
    ["a recipe of another module", 'export { default } from "./other.ts";'],
  ])("leaves %s to the person, and says what to write", (_what, text) => {
    expect(writeTuned(text, { presets: SMALL, chosen: [webp("small")] }, "x")).toEqual({
      text,
      names: [],
      unwritten: [{ name: "small", fields: "quality: 84, effort: 4" }],
    });
  });

  it("keeps the values of the formats that were not tuned", () => {
    const presets = presetsOf({
      hero: {
        widths: [400, 800],
        formats: ["avif", "jpeg", "png", "gif"],
        quality: { avif: 60, jpeg: 75 },
        effort: { avif: 1, gif: 5 },
      },
    });
    const text =
      'export default { presets: { hero: { widths: [400, 800], formats: ["avif", "jpeg", "png", "gif"], quality: { avif: 60, jpeg: 75 }, effort: { avif: 1, gif: 5 } } } };';
    const chosen = [found("hero", { format: "avif", effort: 0 }, 64)];
    expect(writeTuned(text, { presets, chosen }, "x").text).toContain(
      "quality: { avif: 64, jpeg: 75 }, effort: { avif: 0, gif: 5 } }",
    );
  });

  it.each([
    ["{ width: 400, quality }", "{ width: 400, quality: 84, effort: 4 }"],
    ["{ ...wide }", "{ ...wide, quality: 84, effort: 4 }"],
    ["{ ...wide, quality: 70 }", "{ ...wide, quality: 84, effort: 4 }"],
    ["{}", "{ quality: 84, effort: 4 }"],
  ])("writes into %s", (before, after) => {
    const text = `export default { presets: { small: ${before} } };`;
    const { text: changed } = writeTuned(text, { presets: SMALL, chosen: [webp("small")] }, "x");
    expect(changed).toContain(`small: ${after} }`);
  });

  it("writes a recipe on one line, twice", () => {
    const line = `export default { presets: { small: "400w" } };\n`;
    const tuned = { presets: SMALL, chosen: [webp("small")] };
    const once = writeTuned(line, tuned, "score 80").text;
    expect(once).toBe(
      'export default { presets: { /* Quality and effort by imagefleet tune: score 80. */ small: { size: "400w", quality: 84, effort: 4 } } };\n',
    );
    expect(writeTuned(once, tuned, "score 80").text).toBe(once);
  });

  it("does not touch comments of others, and keeps the ends of lines", () => {
    const text =
      '// Quality and effort by imagefleet tune, I think\r\nexport default {\r\n  presets: {\r\n    small: "400w",\r\n  },\r\n};\r\n';
    const written = writeTuned(text, { presets: SMALL, chosen: [webp("small")] }, "score 80").text;
    expect(written).toContain("tune, I think\r\n");
    expect(written).toContain("{\r\n    // Quality and effort by imagefleet tune: score 80.\r\n");
    expect(written.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it("does not write into a preset that another one replaces", () => {
    const text = 'const more = {};\nexport default { presets: { small: "400w", ...more } };\n';
    const { names, unwritten } = writeTuned(
      text,
      { presets: SMALL, chosen: [webp("small")] },
      "score 80",
    );
    expect(names).toEqual([]);
    expect(unwritten).toMatchObject([{ name: "small" }]);
    const twice = 'export default { presets: { small: "1w", small: "400w" } };\n';
    const { text: last } = writeTuned(twice, { presets: SMALL, chosen: [webp("small")] }, "x");
    expect(last).toContain('small: "1w", small: { size: "400w"');
  });

  it("writes the values that were chosen alone, and no comment without a basis", () => {
    const presets = presetsOf({ hero: { widths: [400], formats: ["webp", "jpeg"], effort: 3 } });
    const text =
      'export default { presets: { hero: { widths: [400], formats: ["webp", "jpeg"], effort: 3 } } };';
    const write = (chosen: Chosen) => writeTuned(text, { presets, chosen: [chosen] }).text;
    expect(write({ name: "hero", format: "webp", quality: 50 })).toBe(
      text.replace("effort: 3", "effort: 3, quality: { webp: 50, jpeg: 80 }"),
    );
    expect(write({ name: "hero", format: "jpeg", mozjpeg: true })).toBe(
      text.replace("effort: 3", "effort: 3, mozjpeg: true"),
    );
  });

  it("writes nothing for a preset of which nothing was chosen", () => {
    const none: Chosen = { name: "small", format: "webp" };
    expect(writeTuned(RECIPE, { presets: PRESETS, chosen: [none] }, "x")).toEqual({
      text: RECIPE,
      names: [],
      unwritten: [],
    });
  });
});
