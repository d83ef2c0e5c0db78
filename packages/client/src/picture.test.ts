import { gzipSync } from "node:zlib";
import { defineRecipe } from "@imagefleet/core/recipe";
import { build } from "esbuild";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseManifest } from "./manifest.ts";
import { picture, pictureHtml, placeholder } from "./picture.ts";

const recipe = defineRecipe({
  presets: { thumb: "150x150", hero: { widths: [400, 800], formats: ["avif", "jpeg"] } },
});

const file = (key: string, width: number, type: string) => ({
  key,
  width,
  height: width / 2,
  type,
});
const manifest = {
  srcset: {
    thumb: [file("thumb/tom.jpg.webp", 150, "image/webp")],
    hero: [
      file("hero-400w/tom.jpg.avif", 400, "image/avif"),
      file("hero-800w/tom.jpg.avif", 800, "image/avif"),
      file("hero-400w/tom.jpg.jpg", 400, "image/jpeg"),
      file("hero-800w/tom.jpg.jpg", 800, "image/jpeg"),
    ],
  },
  placeholder: { thumbhash: "WFgKBwwIRniIh3dwh3p4SKd4tgA/BYYA", color: "#162f19" },
};

it("lists the widths of each format, the recipe's first format first, the last in the img", () => {
  const data = picture(manifest, "hero", { base: "https://cdn.example.com", sizes: "50vw" });
  const url = "https://cdn.example.com/hero";
  expect(data).toEqual({
    sources: [
      {
        type: "image/avif",
        srcset: `${url}-400w/tom.jpg.avif 400w, ${url}-800w/tom.jpg.avif 800w`,
        sizes: "50vw",
      },
    ],
    img: {
      src: `${url}-800w/tom.jpg.jpg`,
      srcset: `${url}-400w/tom.jpg.jpg 400w, ${url}-800w/tom.jpg.jpg 800w`,
      sizes: "50vw",
      width: 800,
      height: 400,
    },
    color: "#162f19",
  });
});

it("ends each address with the version of the content, unless it is switched off", () => {
  const versioned = { ...manifest, source: { etag: '"0a1b2c3d4e5f60718293a4b5c6d7e8f9"' } };
  const data = picture(versioned, "hero");
  const lists = [data?.sources[0]?.srcset, data?.img.srcset].join(", ").split(", ");
  expect(lists).toHaveLength(4);
  for (const each of lists) expect(each).toMatch(/^\/hero-\d+w\/tom\.jpg\.\w+\?v=0a1b2c3d \d+w$/);
  expect(data?.img.src).toBe("/hero-800w/tom.jpg.jpg?v=0a1b2c3d");
  expect(picture(versioned, "hero", { version: false })).toEqual(picture(manifest, "hero"));
});

it("lists renditions that are made on request beside those that exist", () => {
  const parsed = parseManifest({
    version: 1,
    revision: "r",
    seq: 1,
    source: { bucket: "b", key: "tom.jpg", etag: '"0a1b2c3d"', bytes: 1 },
    recipe: "f",
    srcset: manifest.srcset,
    renditions: [],
    onRequest: [
      {
        preset: "hero",
        key: "hero-800w/tom.jpg.jpg",
        width: 800,
        height: 400,
        format: "jpeg",
        fingerprint: "f",
      },
    ],
    stale: [],
    at: "2026-01-01T00:00:00.000Z",
  });
  expect(picture(parsed, "hero")?.img.src).toBe("/hero-800w/tom.jpg.jpg?v=0a1b2c3d");
});

it("writes a single file without srcset and sizes", () => {
  expect(picture(manifest, "thumb")).toEqual({
    sources: [],
    img: { src: "/thumb/tom.jpg.webp", width: 150, height: 75 },
    color: "#162f19",
  });
});

it.each([
  ["a preset that the manifest does not have", manifest, "large"],
  ["an inherited property", manifest, "constructor"],
  ["a rejected source", { rejected: { reason: "SourceCorrupt" } }, "hero"],
  ["a tombstone", { removed: true }, "hero"],
  ["a preset without files", { srcset: { hero: [] } }, "hero"],
])("returns undefined for %s", (_case, from, preset) => {
  expect(picture(from, preset)).toBeUndefined();
});

it("does not compile with a preset that the recipe does not have", () => {
  expect(picture<typeof recipe>(manifest, "hero")).toBeDefined();
  // @ts-expect-error: the preset is misspelt.
  expect(picture<typeof recipe>(manifest, "heroo")).toBeUndefined();
});

it("names only files of the manifest, each once, whatever the keys contain", () => {
  const candidate = fc.record({
    key: fc.string({ unit: "binary", minLength: 1 }).map((key) => key.toWellFormed()),
    width: fc.integer({ min: 1, max: 9999 }),
    height: fc.integer({ min: 1, max: 9999 }),
    type: fc.constantFrom("image/avif", "image/webp", "image/jpeg"),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(candidate, { minLength: 1, selector: ({ key }) => key }),
      (files) => {
        const data = picture({ srcset: { hero: files } }, "hero");
        const lists = [...(data?.sources ?? []), data?.img].map(
          (each) => each?.srcset ?? data?.img.src,
        );
        const keys = lists.flatMap((list) =>
          (list ?? "").split(", ").map((each) => decoded(each.replace(/ \d+w$/, ""))),
        );
        expect(keys.toSorted()).toEqual(files.map(({ key }) => key).toSorted());
      },
    ),
  );
});

it("escapes every attribute", () => {
  const data = picture(manifest, "thumb");
  const html = data && pictureHtml(data, { alt: '"><script>alert("&")</script>' });
  expect(html).toBe(
    '<picture><img src="/thumb/tom.jpg.webp" width="150" height="75" alt="&quot;>&lt;script>alert(&quot;&amp;&quot;)&lt;/script>" loading="lazy" decoding="async" style="background:#162f19"></picture>',
  );
});

it("draws the thumbhash, and has none where the manifest has none", () => {
  expect(placeholder(manifest)).toMatch(/^data:image\/png;base64,/);
  expect(placeholder({})).toBeUndefined();
});

it("names the field of a manifest that is wrong", () => {
  expect(() => parseManifest({ version: 2 })).toThrow("not a manifest of Imagefleet: version:");
  expect(() => parseManifest({ removed: true, version: 1 })).toThrow("revision");
  expect(() => parseManifest("text")).toThrow("not a manifest of Imagefleet: it:");
});

it("is at most 3 kB of a page's script, and imports nothing of Node", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { picture, pictureHtml, placeholder } from "./index.ts";`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    external: ["node:*"],
    write: false,
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  expect(Buffer.from(code).toString()).not.toContain("node:");
  expect(gzipSync(code).length).toBeLessThanOrEqual(3 * 1024);
  expect(gzipSync(code).length).toBeGreaterThan(500);
});

function decoded(url: string): string {
  return url.slice(1).split("/").map(decodeURIComponent).join("/");
}
