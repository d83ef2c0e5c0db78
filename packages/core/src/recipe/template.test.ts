import { describe, expect, it } from "vitest";
import { defineRecipe } from "./define.ts";
import { checkTemplate, fillTemplate, fitsTemplate } from "./template.ts";

const { presets } = defineRecipe({ presets: { small: "1w", large: "2w" } });
const one = presets.slice(0, 1);
const inManifests = defineRecipe({
  output: { key: "r/{preset}/{path}" },
  presets: { manifests: "1w" },
});

describe("checkTemplate", () => {
  it.each([
    ["{preset}/{path}.{ext}", presets],
    ["renditions/{path}/{preset}.{ext}", presets],
    ["r/{path}.{ext}", one],
    ["{path}.{ext}", one],
  ])("takes %j", (template, list) => {
    expect(checkTemplate(template, list)).toEqual([]);
  });

  it.each([
    ["{preset}/x.{ext}", presets, "without {path} two sources would have the same key; add it"],
    ["r/{path}.{ext}", presets, "without {preset} two presets would have the same key; add it"],
    ["{preset}/{paht}/{path}", presets, "{paht} is unknown; did you mean {path}?"],
    [
      "{path}-{preset}.{ext}",
      presets,
      'with {path} and {preset} in one name two renditions could have the same key; put a "/" between them',
    ],
    ["r/{path}/{preset}/{path}", presets, "{path} occurs twice; keep one"],
    ["{path}.json", one, 'it could be a manifest\'s key; end it with ".{ext}"'],
    ["m{path}/x.json", one, 'it could be a manifest\'s key; end it with ".{ext}"'],
    ["{preset}/{etag}/{path}", presets, "{etag} is unknown; use {preset} {path} {ext}"],
    ["/{preset}/{path}", presets, 'write it without a leading "/", "." and ".."'],
    ["{preset}/../{path}", presets, 'write it without a leading "/", "." and ".."'],
    [
      "manifests/{preset}/{path}",
      presets,
      'it would write into "manifests/", where the manifests are; begin with another folder or rename the preset',
    ],
    [
      "{path}/{preset}.{ext}",
      presets,
      'it would write into "manifests/", where the manifests are; begin with another folder or rename the preset',
    ],
    [
      "{preset}/{path}.{ext}",
      inManifests.presets,
      'it would write into "manifests/", where the manifests are; begin with another folder or rename the preset',
    ],
  ])("refuses %j", (template, list, issue) => {
    expect(checkTemplate(template, list)).toEqual([
      `output.key is ${JSON.stringify(template)}: ${issue}`,
    ]);
  });
});

describe("fitsTemplate", () => {
  it.each([
    ["{preset}/{path}.{ext}", "a.jpg", "thumb/a.jpg.webp", true],
    ["{preset}/{path}.{ext}", "a.jpg", "hero-640w/a.jpg.avif", true],
    ["{preset}/{path}.{ext}", "a.jpg", "thumb/b.jpg.webp", false],
    ["{preset}/{path}.{ext}", "a.jpg", "x/thumb/a.jpg.webp", false],
    ["{preset}/{path}.{ext}", "a.jpg", "thumb/a.jpg.json", false],
    ["{preset}/{path}.{ext}", "a.jpg", "Thumb/a.jpg.webp", false],
    ["{preset}/{path}.{ext}", ".*", "thumb/a.webp", false],
    ["{preset}/{path}/{preset}.{ext}", "a", "b/a/b.gif", true],
    ["{preset}/{path}/{preset}.{ext}", "a", "b/a/c.gif", false],
  ])("%j for the path %j and the key %j: %j", (template, path, key, fits) => {
    expect(fitsTemplate(template, path, key)).toBe(fits);
  });
});

describe("fillTemplate", () => {
  it("fills each word in, and nothing that a word holds", () => {
    const words = { preset: "thumb", path: "a/{preset}/{ext}$&", ext: "webp" };
    expect(fillTemplate("{preset}/{path}/{preset}.{ext}", words)).toBe(
      "thumb/a/{preset}/{ext}$&/thumb.webp",
    );
  });
});
