import { describe, expect, it } from "vitest";
import { defineRecipe } from "./define.ts";
import { whyNotASource } from "./filter.ts";

describe("whyNotASource", () => {
  const recipe = defineRecipe({
    source: { prefix: "in/", suffixes: [".jpg", ".PNG"] },
    presets: { a: "1w" },
  });

  it.each(["in/a.jpg", "in/a.JPG", "in/b/c.png", "in/.jpg"])("takes %j", (key) => {
    expect(whyNotASource(recipe, key)).toBeUndefined();
  });

  it.each([
    ["out/a.jpg", 'the key does not begin with source.prefix "in/"'],
    ["IN/a.jpg", 'the key does not begin with source.prefix "in/"'],
    ["in/folder/", "the key is a folder's marker"],
    ["in/a.gif", "the key ends with none of source.suffixes (.jpg, .PNG)"],
    ["in/ajpg", "the key ends with none of source.suffixes (.jpg, .PNG)"],
  ])("refuses %j", (key, why) => {
    expect(whyNotASource(recipe, key)).toBe(why);
  });

  it("takes any key of a recipe that filters nothing", () => {
    const open = defineRecipe({ presets: { a: "1w" } });
    expect(whyNotASource(open, "a")).toBeUndefined();
    expect(whyNotASource(open, "a/b.tar.gz")).toBeUndefined();
  });
});
