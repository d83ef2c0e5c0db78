import { type ExecFileOptions, execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parseRecipe, type Recipe } from "@imagefleet/core/recipe";
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
  fleet = await serveFleet(recipe, { [WIDE]: 2000, [NARROW]: 600 });
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
      expect(addressesOf(narrow?.srcset)).toEqual(widths.filter((width) => width <= 800).map(ofNarrow));
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
