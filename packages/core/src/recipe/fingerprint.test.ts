import { describe, expect, it } from "vitest";
import { defineRecipe } from "./define.ts";
import { presetFingerprint, recipeFingerprint, rejectionFingerprint } from "./fingerprint.ts";
import type { Preset } from "./recipe.ts";
import type { RecipeInput } from "./schema.ts";

const ENCODER = "sharp-0.35";

function one(input: RecipeInput["presets"][string], name = "a"): string {
  return defineRecipe({ presets: { [name]: input } })
    .presets.map((preset) => presetFingerprint(preset, ENCODER))
    .join();
}

function whole(input: RecipeInput, encoder = ENCODER): string {
  return recipeFingerprint(defineRecipe(input), encoder);
}

describe("presetFingerprint", () => {
  it("never changes: another value would make every deployed rendition stale", () => {
    const how = { quality: 78, effort: 2 };
    const a = { size: "150x150", ...how };
    expect(one(a)).toBe("2ce98422f6db12dc");
    expect(whole({ presets: { a, b: { size: "640w", ...how } } })).toBe("0e5bafe8e8b62d1a");
  });

  it("does not depend on how a preset is written", () => {
    expect(one({ width: 640 })).toBe(one("640w"));
    expect(one("640x")).toBe(one("640w"));
    expect(one({ format: "webp", size: "640w", enlarge: false })).toBe(one("640w"));
    expect(one({ size: "640w", background: "#FFFFFF" })).toBe(one("640w"));
  });

  it("does not depend on when a rendition is made, but the recipe's does", () => {
    const recipe = (when: "upload" | "request", other: "upload" | "request" = "upload") => ({
      presets: { thumb: "5w", a: { size: "1w", when }, b: { size: "1w", when: other } },
    });
    const fingerprints = (input: RecipeInput) =>
      defineRecipe(input).presets.map((preset) => presetFingerprint(preset, ENCODER));
    expect(fingerprints(recipe("request"))).toEqual(fingerprints(recipe("upload")));
    const all = [
      whole({ presets: { thumb: "5w", a: "1w", b: "1w" } }),
      whole(recipe("upload")),
      whole(recipe("request")),
      whole(recipe("upload", "request")),
      whole(recipe("request", "request")),
    ];
    expect(all[0]).toBe(all[1]);
    expect(new Set(all).size).toBe(4);
  });

  it("changes with every setting", () => {
    const base: Preset = {
      name: "a",
      width: 10,
      height: 20,
      fit: "inside",
      enlarge: false,
      format: "webp",
      quality: 80,
      background: "#ffffff",
    };
    // Every field of a preset: a new one does not compile before it is here.
    const others: Required<Omit<Preset, "when">> = {
      name: "b",
      width: 11,
      height: 21,
      fit: "cover",
      enlarge: true,
      format: "jpeg",
      quality: 81,
      background: "#fffffe",
      responsive: true,
      effort: 3,
      mozjpeg: true,
      encoding: "by-content",
      palette: true,
      animated: true,
      fallback: "source",
      gravity: "north",
      focus: { x: 0.5, y: 0.5 },
      color: "p3",
      keep: ["icc"],
    };
    const changed = Object.entries(others).map(([name, value]) => ({ ...base, [name]: value }));
    const presets: Preset[] = [base, { ...base, width: 20, height: 10 }, ...changed];
    const prints = presets.map((preset) => presetFingerprint(preset, ENCODER));
    expect(new Set(prints).size).toBe(prints.length);
    expect(presetFingerprint(base, "sharp-0.36")).not.toBe(prints[0]);
    for (const print of prints) expect(print).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("recipeFingerprint", () => {
  const base: RecipeInput = { presets: { a: "1w", b: "2w" } };

  it("changes with all that decides renditions and where they are", () => {
    const others: RecipeInput[] = [
      { presets: { a: "1w" } },
      { presets: { a: "1w", b: "3w" } },
      { ...base, output: { key: "r/{preset}/{path}.{ext}" } },
      { ...base, output: { prefix: "out/" } },
      { ...base, output: { cacheControl: "no-store" } },
      { ...base, source: { prefix: "in/" } },
    ];
    const prints = [base, ...others].map((input) => whole(input));
    expect(new Set(prints).size).toBe(prints.length);
    expect(whole(base, "sharp-0.36")).not.toBe(prints[0]);
  });

  it("stays with what changes no rendition", () => {
    expect(whole({ ...base, limits: { bytes: 5 }, lanes: { smallBytes: 5 } })).toBe(whole(base));
    expect(whole({ ...base, source: { suffixes: [".jpg"] } })).toBe(whole(base));
    const delivered = defineRecipe({ ...base, delivery: { classic: true } });
    expect(recipeFingerprint(delivered, ENCODER)).toBe(whole(base));
    expect(rejectionFingerprint(delivered, ENCODER)).toBe(
      rejectionFingerprint(defineRecipe(base), ENCODER),
    );
  });
});
