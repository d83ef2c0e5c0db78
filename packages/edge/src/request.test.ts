import { createHmac } from "node:crypto";
import { signedAddress } from "@imagefleet/client";
import { manifestKey, renditionKey } from "@imagefleet/core/keys";
import { renditionAt } from "@imagefleet/core/plan";
import {
  CONTENT_TYPES,
  defineRecipe,
  EXTENSIONS,
  OUTPUT_FORMATS,
  type OutputFormat,
  type Recipe,
} from "@imagefleet/core/recipe";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileEdge } from "./compile.ts";
import type { EdgeFields, EdgeRequest, RequestEvent } from "./event.ts";
import { RECIPES } from "./recipes.fixture.ts";
import { expected } from "./reference.fixture.ts";
import {
  ACCEPT,
  anyAccept,
  anyEvent,
  anySourceKey,
  anyUri,
  SECRETS,
  secretAt,
} from "./requests.fixture.ts";
import { type RequestResult, requestHandler } from "./run.ts";

function asker(recipe: Recipe) {
  const onRequest = requestHandler(compileEdge(recipe).request, secretAt);
  return (uri: string, some: Partial<EdgeRequest> = {}) => onRequest(requestEvent(uri, some));
}

function requestEvent(uri: string, some: Partial<EdgeRequest> = {}): RequestEvent {
  return {
    version: "1.0",
    context: { eventType: "viewer-request" },
    viewer: { ip: "198.51.100.11" },
    request: { method: "GET", uri, querystring: {}, headers: {}, cookies: {}, ...some },
  };
}

const uriOf = async (asked: Promise<RequestResult>) => {
  const result = await asked;
  return "uri" in result ? result.uri : result.statusCode;
};
const address = (key: string) => `/${key.split("/").map(encodeURIComponent).join("/")}`;
const accept = (value: string): { headers: EdgeFields } => ({ headers: { accept: { value } } });

const recipe = defineRecipe({
  presets: {
    thumb: "150x150",
    hero: { widths: [400, 800], formats: ["avif", "webp", "jpeg"] },
    logo: { formats: ["webp", "png"] },
  },
});
const ask = asker(recipe);

const anyRecipe = fc.constantFrom(...RECIPES.map((each) => ({ recipe: each, ask: asker(each) })));

describe("the function of the viewer request", () => {
  it("passes the key of every rendition unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(anyRecipe, anySourceKey, async ({ recipe: of, ask: asked }, source) => {
        for (const preset of of.presets) {
          const uri = address(renditionKey(of, preset, `${of.source.prefix}${source}`));
          expect(await uriOf(asked(uri))).toBe(uri);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("lets nothing through but keys of renditions, each written in one way", async () => {
    const addresses = anyRecipe.chain((one) =>
      fc.tuple(fc.constant(one), anyUri(one.recipe), fc.option(anyAccept, { nil: "" })),
    );
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(addresses, async ([{ recipe: of, ask: asked }, uri, header]) => {
        const result = await asked(uri, accept(header));
        if (!("uri" in result)) return;
        passed++;
        const key = result.uri.slice(1).split("/").map(decodeURIComponent).join("/");
        if (!key.startsWith(`${of.output.prefix}adhoc/`))
          if (!key.startsWith(`${of.output.prefix}manifests/`))
            expect(renditionAt(of, key)).toBeDefined();
        expect(result.uri).toBe(address(key));
      }),
      { numRuns: 5000 },
    );
    expect(passed).toBeGreaterThan(500);
  });

  it("answers as the rules say", async () => {
    const events = anyRecipe.chain((one) => fc.tuple(fc.constant(one), anyEvent(one.recipe)));
    await fc.assert(
      fc.asyncProperty(events, async ([{ recipe: of, ask: asked }, { request }]) => {
        expect(await asked(request.uri, request)).toEqual(expected(of, request));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["the bucket's list", "/"],
    ["no path", ""],
    ["a manifest", `/${manifestKey(recipe, "a.jpg")}`],
    ["a preset of nobody", "/large/a.jpg.webp"],
    ["a width of nobody", "/hero-401w/a.jpg.webp"],
    ["a preset without its width", "/hero/a.jpg.webp"],
    ["an inherited property", "/constructor/a.jpg.webp"],
    ["another extension", "/thumb/a.jpg.avif"],
    ["a preset's path without a file", "/thumb/"],
    ["a parent folder", "/thumb/../a.webp"],
    ["a parent folder, encoded", "/thumb/%2e%2e/a.webp"],
    ["this folder", "/thumb/./a.webp"],
    ["an empty segment", "/thumb//a.webp"],
    ["an encoded slash", "/thumb/a%2Fb.webp"],
    ["NUL", "/thumb/a%00.webp"],
    ["a line break at the end", "/thumb/a.webp%0A"],
    ["a control character", "/thumb/a%c2%85.webp"],
    ["a backslash", "/thumb/a%5Cb.webp"],
    ["double encoding", "/thumb/%252e%252e/a.webp"],
    ["a key with an unencoded percent sign", "/thumb/100%25.jpg.webp"],
    ["half an encoding", "/thumb/a%2"],
    ["no encoding", "/thumb/a%zz.webp"],
    ["bytes that are not UTF-8", "/thumb/%ff.webp"],
    ["half a surrogate pair", "/thumb/%ED%A0%80.webp"],
    ["a key of 1,025 bytes", `/thumb/${"%C3%BC".repeat(506)}aa.webp`],
    ["8 KB", `/thumb/${"a".repeat(8170)}.webp`],
    ["upper case", "/THUMB/a.webp"],
    ["a size, where the recipe has no classic addresses", "/150x150/a.jpg"],
  ])("answers %s by 404", async (_what, uri) => {
    expect(await ask(uri)).toEqual({
      statusCode: 404,
      statusDescription: "Not Found",
      headers: {
        "cache-control": { value: "public, max-age=60" },
        "content-type": { value: "text/plain; charset=utf-8" },
      },
      body: { encoding: "text", data: "Not Found\n" },
    });
  });

  it("takes a key of 1,024 bytes", async () => {
    const uri = `/thumb/${"%C3%BC".repeat(506)}a.webp`;
    expect(await uriOf(ask(uri.replaceAll("%C3", "%c3")))).toBe(uri);
  });

  it.each(["OPTIONS", "POST", "PUT", "DELETE", "PATCH"])("refuses %s", async (method) => {
    expect(await ask("/thumb/a.webp", { method })).toMatchObject({ statusCode: 405 });
    expect(await uriOf(ask("/thumb/a.webp", { method: "HEAD" }))).toBe("/thumb/a.webp");
  });

  it("keeps v, and nothing else, of a query", async () => {
    const queryOf = async (querystring: EdgeFields) => {
      const result = await ask("/thumb/a.webp", { querystring });
      return "querystring" in result && result.querystring;
    };
    const v = { value: "0123abcd" };
    const many = Array.from({ length: 100 }, (_, at) => [`p${at}`, { value: "1" }]);
    expect(await queryOf({ ...Object.fromEntries(many), v })).toEqual({ v });
    for (const value of ["", "0123ABCD", "0123abc", "0123abcde", "0123abcd\n", "0123abc%64"]) {
      expect(await queryOf({ v: { value } })).toEqual({});
    }
    expect(await queryOf({ v: { ...v, multiValue: [v, v] } })).toEqual({});
  });

  it("has one key for an address with any v: what is stored is found, and nothing made again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (value) => {
        const result = await ask("/thumb/a.webp", { querystring: { v: { value } } });
        expect(result).toHaveProperty("uri", "/thumb/a.webp");
      }),
    );
  });

  it("does not believe a viewer that its address was negotiated", async () => {
    const headers = { "x-imagefleet-negotiated": { value: "1" } };
    expect(await ask("/thumb/a.webp", { headers })).toHaveProperty("headers", {});
    expect(await ask("/thumb/a.auto")).toHaveProperty("headers", headers);
  });
});

describe("negotiation", () => {
  const chosen = async (header: string | undefined, label = "hero-400w") => {
    const result = await ask(
      `/${label}/cats/tom.jpg.auto`,
      header === undefined ? {} : accept(header),
    );
    return "uri" in result && result.uri.split(".").at(-1);
  };

  it.each([
    [ACCEPT.chrome, "avif"],
    [ACCEPT.safari, "avif"],
    [ACCEPT.firefox, "avif"],
    [ACCEPT.oldSafari, "jpg"],
    [ACCEPT.curl, "jpg"],
    [undefined, "jpg"],
    ["", "jpg"],
    ["image/*", "jpg"],
    // An older Edge, the navigation to a page, and a format that no recipe writes.
    ["image/webp,image/apng,image/*,*/*;q=0.8", "webp"],
    ["text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8", "avif"],
    ["image/jxl", "jpg"],
    [" IMAGE/AVIF ; Q=0.3 , image/jpeg ; q=0.4", "jpg"],
    ["image/avif;q=0, image/WEBP", "webp"],
    ["image/avif;q=0.5,image/webp;q=0.9", "webp"],
    ["image/webp,image/avif", "avif"],
    ["image/webp;q=1.000;x=1, image/avif; q = 0.999", "webp"],
    ["image/webp;q=1.5, image/avif;q=x", "jpg"],
    ["image/avif;q=0,image/webp;q=0,image/jpeg;q=0", "jpg"],
    ["ximage/avif,image/avif2,a image/avif,image/webp", "webp"],
  ])("%j: %s", async (header, ext) => {
    expect(await chosen(header)).toBe(ext);
  });

  it("knows the type of every format", async () => {
    for (const format of OUTPUT_FORMATS) {
      const other = format === "png" ? "jpeg" : "png";
      const of = asker(defineRecipe({ presets: { a: { size: "1w", formats: [other, format] } } }));
      const found = await uriOf(of("/a/x.auto", accept(CONTENT_TYPES[format])));
      expect(found).toBe(`/a/x.${EXTENSIONS[format]}`);
    }
  });

  it.each<[OutputFormat[], string]>([
    [["avif", "webp", "jpeg"], "jpg"],
    [["jpeg", "webp", "avif"], "jpg"],
    [["png", "webp"], "png"],
    [["webp", "avif"], "webp"],
    [["jpeg", "png"], "png"],
    [["avif"], "avif"],
  ])("of %j gives viewers that name none %s", async (formats, ext) => {
    const of = asker(defineRecipe({ presets: { a: { size: "1w", formats } } }));
    expect(await uriOf(of("/a/x.auto", accept("*/*")))).toBe(`/a/x.${ext}`);
  });

  it("reads the first 1,024 characters of 8 KB", async () => {
    const long = "*,;q=".repeat(1640);
    expect(await chosen(`image/webp,${long}`)).toBe("webp");
    expect(await chosen(`${long},image/webp`)).toBe("jpg");
  });

  it("reads all Accept headers", async () => {
    const headers = {
      accept: { value: "text/html", multiValue: [{ value: "text/html" }, { value: "image/webp" }] },
    };
    expect(await uriOf(ask("/logo/a.auto", { headers }))).toBe("/logo/a.webp");
    expect(await uriOf(ask("/logo/a.auto"))).toBe("/logo/a.png");
  });

  it("leads all headers to the formats of the preset, and no further", async () => {
    const seen = await Promise.all(fc.sample(anyAccept, 1000).map((header) => chosen(header)));
    expect(new Set(seen)).toEqual(new Set(["avif", "webp", "jpg"]));
  });

  it.each(["/large/a.auto", "/thumb/%2e%2e%2e%00.auto", "/thumb/a/../b.auto"])(
    "says in the 404 of %s that Accept counts",
    async (uri) => {
      expect(await ask(uri)).toMatchObject({
        statusCode: 404,
        headers: { vary: { value: "Accept" } },
      });
    },
  );
});

it("lets manifests through where the recipe asks for them, and nothing else beside them", async () => {
  const of = asker(defineRecipe({ delivery: { manifests: true }, presets: { thumb: "1x1" } }));
  const uri = address(manifestKey(recipe, "cats/a b.jpg"));
  expect(await uriOf(of(uri))).toBe(uri);
  expect(await uriOf(of("/manifests/c%61ts/a b.jpg.json"))).toBe(uri);
  for (const other of [
    "/manifests/../a.json",
    "/manifests/.json",
    "/manifests/a.jpg",
    "/manifests/a.json%0A",
  ]) {
    expect(await uriOf(of(other))).toBe(404);
  }
});

describe("classic addresses", () => {
  const [classic] = RECIPES;
  const asked = classic && asker(classic);

  it.each([
    ["/150x/cats/tom.jpg", "/thumb/cats/tom.jpg.webp"],
    ["/150w/tom.jpg", "/thumb/tom.jpg.webp"],
    ["/produs_227613/360x270/img.AZ70.jpg", "/box/produs_227613/img.AZ70.jpg.jpg"],
    ["/x480/a", "/tall/a.png"],
    ["/480h/a", "/tall/a.png"],
    ["/800w/a", "/hero-800w/a.jpg"],
    ["/150x/100%25.jpg", "/thumb/100%2525.jpg.webp"],
    ["/150x/480h/a", "/thumb/480h/a.webp"],
    ["/a/b/150x/c", 404],
    ["/150x/", 404],
    ["/150x", 404],
    ["/0150x/a", 404],
    ["/151x/a", 404],
    ["/150x/a%00", 404],
    ["/150x/../a", 404],
    // A key is a key.
    ["/thumb/150x/a.webp", "/thumb/150x/a.webp"],
  ])("%s: %s", async (uri, to) => {
    expect(asked && (await uriOf(asked(uri)))).toBe(to);
  });
});

describe("signed sizes", () => {
  const of = defineRecipe({
    delivery: { adhoc: { maxWidth: 400, maxHeight: 300, formats: ["avif", "webp", "jpeg"] } },
    output: { prefix: "out/" },
    presets: { thumb: "150x" },
  });
  const asked = asker(of);
  const signingKey = (id: string) => ({ id, secret: SECRETS[`key.${id}`] ?? "unknown" });
  const size = { width: 333, height: 200, fit: "cover", quality: 70 } as const;
  const key = "/out/adhoc/w%3D333%2Ch%3D200%2Cfit%3Dcover%2Cq%3D70/cats/tom%20%C3%BC.jpg.webp";

  it.each(["old", "new"])("lets through what the key %s has signed, as one key", async (id) => {
    const options = { ...size, format: "webp" } as const;
    const uri = await signedAddress(of, "cats/tom ü.jpg", signingKey(id), options);
    expect(await asked(uri)).toMatchObject({ uri: key, headers: {} });
    const negotiated = await signedAddress(of, "cats/tom ü.jpg", signingKey(id), size);
    expect(await asked(negotiated, accept("image/webp"))).toMatchObject({
      uri: key,
      headers: { "x-imagefleet-negotiated": { value: "1" } },
    });
  });

  it("has no gap and one key while a signing key is replaced", async () => {
    const [k1, k2] = ["k1", "k2"].map((id) => ({ id, secret: id.repeat(20) }));
    if (k1 === undefined || k2 === undefined) throw new Error("no keys");
    // By deployment: the key that the application signs with, and the other one that is accepted.
    const steps = [[k1], [k1, k2], [k2, k1], [k2]] as const;
    const code = compileEdge(of).request;
    const keysAt = steps.map((accepted) => {
      const found = new Map<string, string>(accepted.map((one) => [`key.${one.id}`, one.secret]));
      return requestHandler(code, (name) => found.get(name));
    });
    for (const [at, [signing]] of steps.entries()) {
      const uri = await signedAddress(of, "cats/tom.jpg", signing, { ...size, format: "webp" });
      // An edge may have the store of the deployment before or after.
      for (const onRequest of keysAt.slice(Math.max(0, at - 1), at + 2)) {
        const found = await uriOf(onRequest(requestEvent(uri)));
        expect(found).toBe("/out/adhoc/w%3D333%2Ch%3D200%2Cfit%3Dcover%2Cq%3D70/cats/tom.jpg.webp");
      }
    }
    const former = await signedAddress(of, "cats/tom.jpg", k1, size);
    expect(await uriOf(keysAt[3]?.(requestEvent(former)) ?? Promise.reject(new Error()))).toBe(403);
  });

  it("refuses an address with any bit changed", async () => {
    const uri = await signedAddress(of, "cats/tom.jpg", signingKey("new"), size);
    const bytes = new TextEncoder().encode(uri);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const other = new TextDecoder().decode(changed);
      expect([403, 404], other).toContain(await uriOf(asked(other)));
    }
    expect(await uriOf(asked(uri))).toContain("/out/adhoc/");
  });

  it.each([
    ["an expired address", -62_000, "new", 403],
    ["one that has just expired", -5000, "new", "/out/adhoc"],
    ["one that expires", 60_000, "new", "/out/adhoc"],
    ["an unknown key", 60_000, "gone", 403],
  ])("answers %s", async (_what, inMs, id, result) => {
    const uri = await signedAddress(of, "a", signingKey(id), {
      ...size,
      expires: new Date(Date.now() + inMs),
    });
    const seen = await uriOf(asked(uri));
    expect(typeof seen === "string" ? seen.slice(0, 10) : seen).toBe(result);
  });

  it("refuses what the recipe does not permit, signed or not", async () => {
    const larger = {
      ...of,
      delivery: {
        classic: false,
        manifests: false,
        adhoc: { maxWidth: 9999, maxHeight: 9999, formats: ["gif"] },
      },
    } as const;
    for (const other of [{ width: 401 }, { height: 301 }, { width: 1, format: "gif" }] as const) {
      const uri = await signedAddress(larger, "a", signingKey("new"), other);
      expect(await uriOf(asked(uri))).toBe(403);
    }
  });

  it.each(["a/../b", "a//b", "100%", "a\\b", "a\n", "", "."])(
    "refuses the path %j",
    async (path) => {
      const { secret } = signingKey("new");
      const hmac = createHmac("sha256", secret).update(`new.0/w=1/${path}.webp`);
      const uri = `/s/new.0.${hmac.digest("base64url")}/w=1/${encodeURIComponent(path)}.webp`;
      expect(await uriOf(asked(uri.replaceAll("%2F", "/")))).toBe(403);
    },
  );

  it.each(["/s", "/s/", "/s/a/b", "/s/new.0.x/w=1/a.webp", "/s/new.0/w=1/a.webp"])(
    "refuses %s",
    async (uri) => {
      expect(await asked(uri)).toMatchObject({
        statusCode: 403,
        headers: { "cache-control": { value: "public, max-age=60" } },
      });
    },
  );

  it("is off where the recipe does not ask for it", async () => {
    const uri = await signedAddress(of, "a", signingKey("new"), size);
    expect(await uriOf(ask(uri))).toBe(404);
    expect(compileEdge(recipe).request).not.toContain("crypto");
  });
});
