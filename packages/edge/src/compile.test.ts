import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import vm from "node:vm";
import { manifestKey, renditionAt, renditionKey } from "@imagefleet/core/plan";
import {
  CONTENT_TYPES,
  defineRecipe,
  EXTENSIONS,
  OUTPUT_FORMATS,
  type Recipe,
} from "@imagefleet/core/recipe";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileEdge } from "./compile.ts";

interface Request {
  method: string;
  uri: string;
  querystring: Record<string, { value: string; multiValue?: { value: string }[] }>;
  headers: Record<string, { value: string; multiValue?: { value: string }[] }>;
}

interface Response {
  statusCode: number;
  headers: Record<string, { value: string }>;
}

const recipe = defineRecipe({
  presets: {
    thumb: "150x150",
    hero: { widths: [400, 800], formats: ["avif", "webp", "jpeg"] },
    tail: { size: "360x270", formats: ["webp", "png"], when: "request" },
  },
});

const recipes: Record<string, Recipe> = {
  shipped: recipe,
  "with a prefix, the extension first": defineRecipe({
    output: { prefix: "img/", key: "{ext}/v1.{preset}/{path}" },
    source: { prefix: "uploads/" },
    presets: { thumb: "150x150", "a.b-c_d": { width: 20, formats: ["avif", "gif"] } },
  }),
  "of one preset, without words": defineRecipe({
    output: { key: "out/{path}.jpg" },
    presets: { thumb: { size: "150x150", format: "jpeg" } },
  }),
  "with a word twice": defineRecipe({
    output: { key: "{preset}/{path}/{preset}.{ext}" },
    presets: { thumb: "1x1", wide: { width: 20, formats: ["avif", "webp"] } },
  }),
};

/** The functions have what CloudFront gives them, and no globals of Node. */
function loaded(code: string): (event: unknown) => Request | Response {
  const context = vm.createContext(Object.create(null));
  vm.runInContext(code, context);
  return (event) =>
    JSON.parse(vm.runInContext(`JSON.stringify(handler(${JSON.stringify(event)}))`, context));
}

function requestOf(uri: string, more: Partial<Request> = {}): Request {
  return { method: "GET", uri, querystring: {}, headers: {}, ...more };
}

const accepting = (value: string) => ({ headers: { accept: { value } } });
const addressOf = (key: string) => `/${key.split("/").map(encodeURIComponent).join("/")}`;

const viewer = loaded(compileEdge(recipe).request);
const ask = (uri: string, more?: Partial<Request>) => viewer({ request: requestOf(uri, more) });

const sourceKey = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom("", ".", "..", "%2F", "%", "a b", "+", "ü", "🐱", "\\", "\u0007", "auto"),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join("/"))
  .filter((key) => key.length > 0 && key.isWellFormed());

describe.each(Object.entries(recipes))("of a recipe %s", (_name, each) => {
  const of = loaded(compileEdge(each).request);

  it("lets the key of every rendition of every source through as it is", () => {
    fc.assert(
      fc.property(sourceKey, fc.nat(each.presets.length - 1), (path, at) => {
        const preset = each.presets[at];
        const key = preset && renditionKey(each, preset, `${each.source.prefix}${path}`);
        if (key === undefined || encodeURIComponent(key).length > 900) return;
        expect(of({ request: requestOf(addressOf(key)) })).toEqual(requestOf(addressOf(key)));
      }),
    );
  });

  it("lets nothing else through", () => {
    const mutated = fc
      .tuple(sourceKey, fc.nat(each.presets.length - 1), fc.nat(), fc.string({ maxLength: 3 }))
      .map(([path, at, cut, text]) => {
        const preset = each.presets[at];
        const key = preset ? renditionKey(each, preset, `${each.source.prefix}${path}`) : "";
        const from = cut % (key.length + 1);
        return key.slice(0, from) + text + key.slice(from + (cut % 3));
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: "binary", maxLength: 30 })), (key) => {
        if (!key.isWellFormed()) return;
        const answer = of({ request: requestOf(addressOf(key)) });
        if (!("uri" in answer)) return;
        const reached = decodeURIComponent(answer.uri.slice(1));
        const rendition = renditionAt(each, reached);
        expect(rendition, reached).toBeDefined();
        // As it was asked for, or negotiated.
        if (!("x-imagefleet-auto" in answer.headers)) expect(reached).toBe(key);
      }),
      { numRuns: 400 },
    );
  });
});

it.each([
  ["the root", "/"],
  ["a manifest", "/manifests/cats/tom.jpg.json"],
  ["an unknown label", "/huge/cats/tom.jpg.webp"],
  ["another extension of the label", "/thumb/cats/tom.jpg.avif"],
  ["no path", "/thumb/.webp"],
  ["a folder above", "/thumb/../manifests/a.json.webp"],
  ["a folder above, encoded", "/thumb/%2e%2e/a.jpg.webp"],
  ["a folder above, encoded twice", "/thumb/%252e%252e%252fa.jpg.webp"],
  ["NUL", "/thumb/a%00.jpg.webp"],
  ["a backslash", "/thumb/a%5Cb.jpg.webp"],
  ["an empty segment", "/thumb//a.jpg.webp"],
  ["invalid UTF-8", "/thumb/%ff.jpg.webp"],
  ["a broken escape", "/thumb/%zz.jpg.webp"],
  ["8 KB", `/thumb/${"a".repeat(8192)}.webp`],
  ["1,025 bytes", `/thumb/${"a".repeat(1014)}.webp`],
])("refuses %s at the edge", (_name, uri) => {
  expect(ask(uri)).toMatchObject({
    statusCode: 404,
    headers: { "cache-control": { value: "public, max-age=60" } },
  });
});

it("lets 1,024 bytes through", () => {
  const uri = `/thumb/${"a".repeat(1013)}.webp`;
  expect(uri.length - 1).toBe(1024);
  expect(ask(uri)).toEqual(requestOf(uri));
});

it("gives all spellings of a key one address", () => {
  const spellings = ["/thumb/%63ats/a%20b%2b%C3%BC.jpg.webp", "/thumb/cats/a b+ü.jpg.webp"];
  for (const uri of spellings) {
    expect(ask(uri)).toEqual(requestOf("/thumb/cats/a%20b%2B%C3%BC.jpg.webp"));
  }
});

it("refuses another method", () => {
  expect(ask("/thumb/a.jpg.webp", { method: "POST" })).toMatchObject({ statusCode: 404 });
});

it.each([
  [{ v: { value: "0a1b2c3d" } }, { v: { value: "0a1b2c3d" } }],
  [{ v: { value: "0A1B2C3D" } }, {}],
  [{ v: { value: "0a1b2c3" } }, {}],
  [{ v: { value: "" } }, {}],
  [{ v: { value: "0a1b2c3d", multiValue: [{ value: "0a1b2c3d" }] } }, {}],
  [{ w: { value: "800" }, v: { value: "0a1b2c3d" } }, { v: { value: "0a1b2c3d" } }],
  [Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`q${n}`, { value: "x" }])), {}],
])("keeps of the query only a version: %j", (querystring, kept) => {
  expect(ask("/thumb/a.jpg.webp", { querystring })).toEqual(
    requestOf("/thumb/a.jpg.webp", { querystring: kept }),
  );
});

// What browsers send for images, and what others do.
it.each([
  ["Chrome", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "avif"],
  ["Firefox", "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "avif"],
  [
    "Safari",
    "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8",
    "avif",
  ],
  ["an older Safari", "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", "jpg"],
  ["an older Edge", "image/webp,image/apng,image/*,*/*;q=0.8", "webp"],
  ["curl", "*/*", "jpg"],
  ["no header", undefined, "jpg"],
  ["an empty header", "", "jpg"],
  ["only a wildcard of images", "image/*", "jpg"],
  [
    "a page's navigation",
    "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8",
    "avif",
  ],
  ["refused AVIF", "image/avif;q=0, image/WEBP", "webp"],
  ["refused by three decimals", "image/avif;q=0.000,image/webp;q=0.001", "webp"],
  ["a preferred WebP", "image/avif;q=0.5,image/webp;q=0.9", "webp"],
  ["another order", "image/jpeg,image/webp,image/avif", "avif"],
  ["spaces and case", " IMAGE/AVIF ; Q=0.3 , image/jpeg ; q=0.4", "jpg"],
  ["an invalid quality", "image/avif;q=5,image/webp", "avif"],
  ["all refused", "image/avif;q=0,image/webp;q=0,image/jpeg;q=0", "jpg"],
  ["8 KB of garbage", "x".repeat(8192), "jpg"],
])("negotiates for %s", (_name, accept, ext) => {
  const more = accept === undefined ? {} : accepting(accept);
  expect(ask("/hero-800w/cats/tom.jpg.auto", more)).toMatchObject({
    uri: `/hero-800w/cats/tom.jpg.${ext}`,
    headers: { "x-imagefleet-auto": { value: "1" } },
  });
});

it("reads Accept in several header lines", () => {
  const multiValue = [{ value: "image/png" }, { value: "image/webp" }];
  const headers = { accept: { value: "image/png", multiValue } };
  expect(ask("/hero-400w/a.jpg.auto", { headers })).toMatchObject({ uri: "/hero-400w/a.jpg.webp" });
});

it("has as many addresses for one negotiated address as the preset has formats", () => {
  const item = fc.tuple(
    fc.constantFrom("image/avif", "image/webp", "IMAGE/PNG", "image/*", "*/*", "text/html", "x"),
    fc.constantFrom("", ";q=0", ";q=1", ";q=0.5", ";q=.7", "; q=0.999", ";level=1"),
  );
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(item, { maxLength: 6 }), (items) => {
      const accept = items.map((each) => each.join("")).join(",");
      const answer = ask("/hero-400w/a.jpg.auto", accepting(accept));
      if ("uri" in answer) seen.add(answer.uri);
    }),
    { numRuns: 1000 },
  );
  expect([...seen].toSorted()).toEqual(
    ["avif", "jpg", "webp"].map((ext) => `/hero-400w/a.jpg.${ext}`),
  );
});

it("knows addresses with a size as a folder where the recipe asks for them", () => {
  const classic = loaded(
    compileEdge(
      defineRecipe({
        delivery: { classic: true },
        presets: { card: { size: "360x270", format: "jpeg" }, small: "150x", tall: "x90" },
      }),
    ).request,
  );
  const uriOf = (uri: string) => {
    const answer = classic({ request: requestOf(uri) });
    return "uri" in answer ? answer.uri : answer.statusCode;
  };
  expect(uriOf("/produs_227613/360x270/img.AZ70KuRzw9.jpg")).toBe(
    "/card/produs_227613/img.AZ70KuRzw9.jpg.jpg",
  );
  expect(uriOf("/150x/a/b.jpg")).toBe("/small/a/b.jpg.webp");
  expect(uriOf("/x90/b.jpg")).toBe("/tall/b.jpg.webp");
  expect(uriOf("/card/b.jpg.jpg")).toBe("/card/b.jpg.jpg");
  expect(uriOf("/999x/b.jpg")).toBe(404);
  expect(uriOf("/360x270/")).toBe(404);
  expect(uriOf("/a/360x270/b/c.jpg")).toBe(404);
  expect(ask("/150x150/b.jpg")).toMatchObject({ statusCode: 404 });
});

it("lets manifests through where the recipe asks for them", () => {
  const open = defineRecipe({ delivery: { manifests: true }, presets: { thumb: "1x1" } });
  const of = loaded(compileEdge(open).request);
  const uri = addressOf(manifestKey(open, "cats/a b.jpg"));
  expect(of({ request: requestOf(uri) })).toEqual(requestOf(uri));
  expect(of({ request: requestOf("/manifests/../a.json") })).toMatchObject({ statusCode: 404 });
});

describe("the response's function", () => {
  const answered = loaded(compileEdge(recipe).response);
  const etag = { "x-amz-meta-imagefleet-source-etag": { value: '"0a1b2c3d4e5f"' } };
  const stored = { "cache-control": { value: "public, max-age=86400" } };
  const answer = (request: Partial<Request>, headers: object, statusCode = 200) =>
    answered({ request: requestOf("/a", request), response: { statusCode, headers } });

  it.each([
    ["of its content", "0a1b2c3d", {}, 200, "public, max-age=31536000, immutable"],
    ["of another content", "1a1b2c3d", {}, 200, "public, max-age=86400"],
    ["that is empty", "", {}, 200, "public, max-age=86400"],
    ["of an error", "0a1b2c3d", {}, 404, "public, max-age=86400"],
    [
      "of a substitute",
      "0a1b2c3d",
      { "x-imagefleet-substitute": { value: "rendition" } },
      200,
      "public, max-age=86400",
    ],
  ])("keeps a version %s as long as it is right", (_name, value, more, status, cacheControl) => {
    const headers = { ...stored, ...etag, ...more };
    const made = answer({ querystring: { v: { value } } }, headers, status);
    expect(made).toMatchObject({ headers: { "cache-control": { value: cacheControl } } });
    expect(made.headers).not.toHaveProperty("x-amz-meta-imagefleet-source-etag");
  });

  it("says that the format was negotiated, and only then", () => {
    expect(answer({ headers: { "x-imagefleet-auto": { value: "1" } } }, {})).toMatchObject({
      headers: { vary: { value: "Accept" } },
    });
    expect(answer({ uri: "/hero-400w/a.jpg.auto" }, {})).toMatchObject({
      headers: { vary: { value: "Accept" } },
    });
    expect(answer({}, {}).headers).not.toHaveProperty("vary");
  });
});

it("names what is too much for a function", () => {
  const widths = Array.from({ length: 15 }, (_, at) => 100 + at);
  const preset = { widths, formats: ["avif" as const, "webp" as const, "jpeg" as const] };
  const presets = (names: number) =>
    Object.fromEntries(Array.from({ length: names }, (_, at) => [`preset-${at}`, preset]));
  const made = compileEdge(defineRecipe({ presets: presets(4) }));
  expect(Buffer.byteLength(made.request)).toBeLessThanOrEqual(10_240);
  expect(Buffer.byteLength(made.response)).toBeLessThanOrEqual(10_240);
  expect(() => compileEdge(defineRecipe({ presets: presets(30) }))).toThrow(
    /the edge function of the request has \d+ bytes for 450 preset labels, and CloudFront takes 10240/,
  );
});

it("has a type for every format that can be negotiated", () => {
  for (const format of OUTPUT_FORMATS) {
    const formats = [format === "png" ? ("jpeg" as const) : ("png" as const), format];
    const of = loaded(
      compileEdge(defineRecipe({ presets: { a: { size: "1x1", formats } } })).request,
    );
    const request = requestOf("/a/x.auto", accepting(CONTENT_TYPES[format]));
    expect(of({ request })).toMatchObject({ uri: `/a/x.${EXTENSIONS[format]}` });
  }
});

describe("in njs, on whose language CloudFront's runtime is based", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "imagefleet-njs-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("answers 5,000 random requests as in V8", async ({ skip }) => {
    const version = await promisify(execFile)("njs", ["-v"]).catch(() => undefined);
    if (version === undefined) {
      if (process.env["CI"]) throw new Error("njs is missing: apt-get install njs");
      skip("njs is missing: apt-get install njs");
    }
    const accept = fc.option(
      fc.oneof(
        fc.string(),
        fc.constantFrom("image/avif,image/webp;q=0.3", "image/webp", "*/*", "image/avif;q=0"),
      ),
      { nil: undefined },
    );
    const requests = fc.sample(
      fc.record({
        uri: fc.oneof(
          sourceKey.map((path) => `/thumb/${path}.webp`),
          sourceKey.map((path) => `${addressOf(`hero-400w/${path}.auto`)}`),
          sourceKey.map((path) => `${addressOf(`tail/${path}.png`)}`),
          fc.webPath(),
        ),
        accept,
        v: fc.constantFrom(undefined, "0a1b2c3d", "x"),
      }),
      { numRuns: 5000, seed: 20261126 },
    );
    const events = requests.map((each) => ({
      request: requestOf(each.uri, {
        ...(each.accept === undefined ? {} : accepting(each.accept)),
        ...(each.v === undefined ? {} : { querystring: { v: { value: each.v } } }),
      }),
    }));
    const file = join(folder, "request.js");
    const cases = JSON.stringify(JSON.stringify(events));
    await writeFile(
      file,
      `${compileEdge(recipe).request}\nJSON.parse(${cases}).forEach(function(each){console.log(JSON.stringify(handler(each)))});`,
    );
    const { stdout } = await promisify(execFile)("njs", [file], { maxBuffer: 64 * 2 ** 20 });
    // A line of njs has at most 2 KB.
    const answers: unknown[] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(5000);
    for (const [at, event] of events.entries()) {
      expect(answers[at], event.request.uri).toEqual(viewer(event));
    }
    expect(answers.filter((each) => Object.hasOwn(Object(each), "uri")).length).toBeGreaterThan(
      1500,
    );
  });
});
