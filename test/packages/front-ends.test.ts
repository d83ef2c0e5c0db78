import { type ExecFileOptions, execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { isBuiltin } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parseRecipe, type Recipe } from "@imagefleet/core/recipe";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runInBrowser } from "../../packages/local/src/aws/fixtures/browser.ts";
import { CHROMIUM, CHROMIUM_MISSING } from "../reference/chromium.ts";
import { type FleetStandIn, serveFleet, VERSION } from "./fleet-stand-in.ts";
import { NPM_INSTALL, packInto } from "./packed.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Installing and building Next takes half a minute of an idle machine. */
const BUILD_MS = 600_000;
const run = promisify(execFile);

const WIDE = "cats/tom & jerry 100%.jpg";
const NARROW = "cats/narrow+(1).jpg";
/** The source of the page's examples. */
const DOCS = "cats/tom.jpg";

let folder: string;
let client: string;
let recipe: Recipe;
let fleet: FleetStandIn;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-front-ends-"));
  [client = ""] = await packInto(folder, ["@imagefleet/client"]);
  await Promise.all([installed("next"), installed("unpic")]);
  // It imports the packed client.
  const { default: defined } = await import(pathToFileURL(inApp("unpic", "recipe.ts")).href);
  recipe = parseRecipe(defined);
  fleet = await serveFleet(recipe, { [WIDE]: 2000, [NARROW]: 600, [DOCS]: 2000 });
}, BUILD_MS);
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Copies an application of `examples`, and installs it with the packed client. */
async function installed(name: string): Promise<void> {
  const app = inApp(name);
  await cp(join(ROOT, "examples", name), app, { recursive: true });
  const { dependencies, ...rest } = JSON.parse(await readFile(join(app, "package.json"), "utf8"));
  const own = { ...dependencies, "@imagefleet/client": `file:${client}` };
  await writeFile(join(app, "package.json"), JSON.stringify({ ...rest, dependencies: own }));
  await run("npm", NPM_INSTALL, { cwd: app });
}

function inApp(name: string, ...path: string[]): string {
  return join(folder, name, ...path);
}

/** Runs a script of an application. What it prints is in the error where it fails. */
async function npmRun(name: string, script: string, env: ExecFileOptions["env"]): Promise<void> {
  const failed = await run("npm", ["run", script], {
    cwd: inApp(name),
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...env },
  }).then(
    () => undefined,
    ({ stdout, stderr }) => `${stdout}${stderr}`,
  );
  expect(failed).toBeUndefined();
}

const skipped = CHROMIUM_MISSING ? ` (${CHROMIUM_MISSING})` : "";

describe.each([
  // Its configuration names the widths of the preset.
  { name: "next", component: "next/image", site: "out", widths: [400, 800, 1280] },
  // It asks for 640, 700, 750 px and more.
  { name: "unpic", component: "unpic's Image", site: "dist", widths: [800, 1280] },
])("an application with $component", ({ name, site, widths }) => {
  let asked: number;

  it(
    "is built, with the types of the component",
    async () => {
      await npmRun(name, "build", { NEXT_PUBLIC_IMAGES: fleet.url, IMAGES: fleet.url });
      // Next has checked its own.
      if (name === "unpic") await run("tsc", ["-p", inApp(name)]);
      asked = fleet.answered.length;
    },
    BUILD_MS,
  );

  it.skipIf(CHROMIUM === undefined)(
    `shows in a browser widths that exist${skipped}`,
    async () => {
      const images = await shown(inApp(name, site));
      expect(images.map(({ alt }) => alt)).toEqual([WIDE, NARROW]);
      const [wide, narrow] = images;
      const at = (label: string, path: string) =>
        `${fleet.url}/${label}/cats/${path}.auto?v=${VERSION}`;
      const ofWide = (width: number) => at(`hero-${width}w`, "tom%20%26%20jerry%20100%2525.jpg");
      const ofNarrow = (width: number) => at(`hero-${width}w`, "narrow%2B%281%29.jpg");

      expect(addressesOf(wide?.srcset)).toEqual(widths.map(ofWide));
      expect(wide).toMatchObject({ current: ofWide(800), width: 800, height: 400 });
      // 600 px wide: the rendition of 800 has the source's own width, and there is no wider one.
      expect(addressesOf(narrow?.srcset)).toEqual(
        widths.filter((width) => width <= 800).map(ofNarrow),
      );
      expect(narrow).toMatchObject({ current: ofNarrow(800), width: 600, height: 300 });

      const answered = fleet.answered.slice(asked);
      expect(answered).toEqual(
        answered.map(({ url }) => ({ url, status: 200, type: "image/avif" })),
      );
      expect(answered.length).toBeGreaterThanOrEqual(2);
    },
    60_000,
  );

  it("names no address in a srcset that the fleet does not have", async () => {
    const html = await readFile(inApp(name, site, "index.html"), "utf8");
    const srcsets = [...html.matchAll(/<img[^>]* srcset="([^"]+)"/gi)].map(([, srcset]) => srcset);
    const addresses = srcsets.flatMap(addressesOf);
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    const statuses = await Promise.all(
      addresses.map(async (address) => [address, (await fetch(address)).status]),
    );
    expect(statuses).toEqual(addresses.map((address) => [address, 200]));
  });
});

describe("docs/front-ends.md", () => {
  /** What the page's examples are for: with Nuxt's own code, and the one of Astro's services. */
  const DRIVER = `import { createImage } from "@nuxt/image/runtime";
import { address, parseManifest, manifestAddress } from "@imagefleet/client";
import "./addresses.ts";
import { html } from "./page.ts";
import { background, inMail } from "./style.ts";
import setup from "./providers/imagefleet.ts";
import service from "./src/image-service.ts";
import { IMAGES } from "./env.ts";
import recipe from "./recipe.ts";
const manifest = parseManifest(await (await fetch(manifestAddress(recipe, "${DOCS}", IMAGES))).json());
const src = address(recipe, "hero", manifest, { base: IMAGES });
const $img = createImage({
  provider: "imagefleet",
  providers: { imagefleet: { defaults: {}, setup } },
  presets: {}, alias: {}, domains: [], densities: [1], screens: { md: 768 }, nuxt: { baseURL: "/" },
});
const nuxt = $img.getSizes(src, { sizes: "100vw md:700px", modifiers: { format: "webp" } }).srcset;
const options = { src, width: 1280, height: 640, widths: [300, 800, 1280, 2000] };
const own = await service.getURL({ ...options, src: "/logo.svg" });
const candidates = (await service.getSrcSet(options)).map(async ({ transform, descriptor }) =>
  (await service.getURL(transform)) + " " + descriptor);
const astro = (await Promise.all(candidates)).join(", ");
console.log(JSON.stringify({ html, background: background(manifest), inMail, nuxt, astro, own }));
`;
  let docs: string;
  let blocks: { path: string; code: string }[];

  beforeAll(async () => {
    const page = await readFile(join(ROOT, "docs", "front-ends.md"), "utf8");
    const found = [...page.matchAll(/```tsx?\n\/\/ (\S+)\n([\s\S]*?)```/g)];
    blocks = found.map(([, path = "", code = ""]) => ({ path, code }));
    expect(blocks).toHaveLength(page.match(/```\w/g)?.length ?? 0);

    docs = inApp("docs");
    const modules = join(docs, "node_modules");
    await mkdir(docs);
    await writeFile(join(docs, "package.json"), '{ "type": "module" }');
    await run("npm", [...NPM_INSTALL, client, "ufo@1.6.4", "defu@6.1.7"], { cwd: docs });
    // The frameworks' own types and code, without the hundreds of packages that they install.
    const frameworks = { astro: "astro@7.3.5", "@nuxt/image": "@nuxt/image@2.1.0" };
    for (const [name, version] of Object.entries(frameworks)) {
      const { stdout } = await run("npm", ["pack", "--silent", version], { cwd: docs });
      await mkdir(join(modules, name), { recursive: true });
      const to = ["-C", join(modules, name), "--strip-components=1"];
      await run("tar", ["-xzf", stdout.trim(), ...to], { cwd: docs });
    }
    for (const file of ["env.ts", "recipe.ts"])
      await cp(join(ROOT, "examples/unpic", file), join(docs, file));
    for (const { path, code } of blocks.filter((each) => !isExample(each.path))) {
      await mkdir(dirname(join(docs, path)), { recursive: true });
      await writeFile(join(docs, path), code);
    }
  }, BUILD_MS);

  it("has the code of the applications in examples", async () => {
    const examples = blocks.filter(({ path }) => isExample(path));
    expect(examples.length).toBeGreaterThanOrEqual(4);
    const files = examples.map(({ path }) => readFile(join(ROOT, path), "utf8"));
    expect(examples.map(({ code }) => code)).toEqual(await Promise.all(files));
  });

  it("has code that compiles against the frameworks' own types", async () => {
    const compilerOptions = {
      target: "es2023",
      module: "esnext",
      moduleResolution: "bundler",
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      typeRoots: [join(ROOT, "node_modules", "@types")],
      types: ["node"],
    };
    const config = { compilerOptions, include: ["**/*.ts"] };
    await writeFile(join(docs, "tsconfig.json"), JSON.stringify(config));
    const compiled = run("tsc", ["-p", docs]);
    expect(await compiled.catch((error) => error)).toMatchObject({ stdout: "", stderr: "" });
  });

  it("has code whose addresses the fleet has", async () => {
    await writeFile(join(docs, "run.js"), DRIVER);
    await build({
      entryPoints: [join(docs, "run.js")],
      outfile: join(docs, "bundle.js"),
      bundle: true,
      platform: "node",
      format: "esm",
      mainFields: ["module", "main"],
      logLevel: "silent",
      plugins: [withoutMissing(docs)],
    });
    const env = { ...process.env, IMAGES: fleet.url };
    const { stdout } = await run(process.execPath, ["bundle.js"], { cwd: docs, env });
    const { html, background, inMail, nuxt, astro, own } = JSON.parse(stdout);
    const at = (label: string, ext: string, query = `?v=${VERSION}`) =>
      `${fleet.url}/${label}/cats/tom.jpg.${ext}${query}`;

    expect(html).toContain(`srcset="${at("hero-400w", "avif")} 400w, ${at("hero-800w", "avif")}`);
    expect(html).toContain(`src="${at("hero-1280w", "jpg")}"`);
    expect(background).toBe(`background-image: url(${at("hero-800w", "auto")})`);
    expect(inMail).toBe(at("thumb", "auto", ""));
    // Nuxt asks for 100vw of the narrowest screen, 1 px, and for 700 px.
    expect(addressesOf(nuxt)).toEqual([at("hero-400w", "webp"), at("hero-800w", "webp")]);
    expect(astro).toBe(
      `${at("hero-400w", "auto")} 300w, ${at("hero-800w", "auto")} 800w, ${at("hero-1280w", "auto")} 1280w, ${at("hero-1280w", "auto")} 2000w`,
    );
    expect(own).toBe("/logo.svg");
    const table = JSON.parse(await readFile(join(docs, "addresses.json"), "utf8"));
    expect(table.presets).toHaveLength(recipe.presets.length);

    const addresses = new Set([nuxt, astro, at("thumb", "auto", "")].flatMap(addressesOf));
    for (const address of addresses) expect((await fetch(address)).status).toBe(200);
  });
});

function isExample(path: string): boolean {
  return path.startsWith("examples/");
}

/** Bundles what the examples use of the frameworks: packages that are not installed are empty. */
function withoutMissing(docs: string): Plugin {
  const isInstalled = new Set(["@imagefleet/client", "@nuxt/image", "astro", "defu", "ufo"]);
  for (const name of ["fastest-levenshtein", "thumbhash", "valibot"]) isInstalled.add(name);
  return {
    name: "without-missing",
    setup({ onResolve, onLoad }) {
      // astro/assets also has what loads a site's configuration.
      onResolve({ filter: /^astro\/assets$/ }, () => ({
        path: join(docs, "node_modules/astro/dist/assets/services/service.js"),
      }));
      onResolve({ filter: /^[#@\w]/ }, ({ path }) => {
        const [, name = ""] = /^((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
        return isInstalled.has(name) || isBuiltin(path) || isAbsolute(path)
          ? undefined
          : { path, namespace: "missing" };
      });
      onLoad({ filter: /.*/, namespace: "missing" }, () => ({ contents: "module.exports = {};" }));
    },
  };
}

interface Shown {
  readonly alt: string;
  readonly srcset: string;
  /** The address that the browser chose. */
  readonly current: string;
  /** Of the file at this address, px. */
  readonly width: number;
  readonly height: number;
}

/** Opens a built page in a browser, and returns its images. */
async function shown(site: string): Promise<Shown[]> {
  const types: Record<string, string> = {
    html: "text/html",
    js: "text/javascript",
    css: "text/css",
  };
  const server = createServer(async ({ url = "/" }, response) => {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const file = normalize(join(site, path.endsWith("/") ? `${path}index.html` : path));
    const body = await readFile(file).catch(() => undefined);
    if (body === undefined || !file.startsWith(site)) response.writeHead(404).end();
    else response.setHeader("content-type", types[file.split(".").at(-1) ?? ""] ?? "").end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return runInBrowser(
    "localhost",
    `http://127.0.0.1:${port}`,
    `const frame = Object.assign(document.createElement("iframe"), { src: "/", width: 1000, height: 1200 });
    const loaded = new Promise((resolve) => { frame.onload = resolve; });
    document.body.append(frame);
    await loaded;
    return Promise.all([...frame.contentDocument.images].map(async (image) => {
      await image.decode();
      const { alt, srcset, currentSrc: current } = image;
      // In a srcset, an image's natural width is divided by its density.
      const whole = new Image();
      whole.src = current;
      await whole.decode();
      return { alt, srcset, current, width: whole.naturalWidth, height: whole.naturalHeight };
    }));`,
  );
}

/** The addresses of a `srcset`, each once. */
function addressesOf(srcset = ""): string[] {
  const addresses = srcset.split(/,\s/).map((candidate) => candidate.trim().split(" ")[0] ?? "");
  return [...new Set(addresses)];
}
