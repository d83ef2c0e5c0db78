import { type ExecFileOptions, execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, CHROMIUM_FLAGS, CHROMIUM_MISSING } from "../reference/chromium.ts";
import { NPM_INSTALL, packInto } from "./packed.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const INSTALL_MS = 300_000;
const LIBRARIES = ["@imagefleet/client", "@imagefleet/core"] as const;
const PACKAGES = [...LIBRARIES, "imagefleet"] as const;
/** The older versions of Node that the client supports, as npm has them for this platform. */
const NODE = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const OLDER = ["20", "22"] as const;

const run = promisify(execFile);
let folder: string;
let app: string;
let nodes: string;

/** Runs a program in the app's folder. */
function inApp(command: string, args: readonly string[], options: ExecFileOptions = {}) {
  return run(command, args, { cwd: app, encoding: "utf8", ...options });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-packages-"));
  app = join(folder, "app");
  nodes = join(folder, "nodes");
  await Promise.all([mkdir(app), mkdir(nodes)]);
  const tarballs = await packInto(folder, PACKAGES);
  await writeFile(join(app, "package.json"), '{ "type": "module" }');
  const older = OLDER.map((version) => `node-${version}@npm:${NODE}@${version}`);
  await Promise.all([
    inApp("npm", [...NPM_INSTALL, ...tarballs]),
    inApp("npm", [...NPM_INSTALL, ...older], { cwd: nodes }),
  ]);
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

const RECIPE = `import { defineRecipe } from "@imagefleet/client";
export default defineRecipe({ presets: { thumb: "150x150", hero: { widths: [40, 80] } } });
`;

const PAGE = `import { manifestKey, parseManifest, picture, pictureHtml } from "@imagefleet/client";
const file = (key, width) => ({ key, width, height: width, type: "image/webp" });
const manifest = { srcset: { hero: [file("hero-40w/a.jpg.webp", 40), file("hero-80w/a.jpg.webp", 80)] } };
export const html = pictureHtml(picture(manifest, "hero"), { alt: "A cat" });
`;
const HTML =
  '<picture><img src="/hero-80w/a.jpg.webp" srcset="/hero-40w/a.jpg.webp 40w, /hero-80w/a.jpg.webp 80w" sizes="100vw" width="80" height="80" alt="A cat" loading="lazy" decoding="async"></picture>';

describe("the packed client", () => {
  it.each([...OLDER, "24"])("writes a <picture> under Node %s", async (version) => {
    await writeFile(
      join(app, "page.js"),
      `${PAGE}console.log(process.version); console.log(html);\n`,
    );
    const older = join(nodes, "node_modules", `node-${version}`, "bin", "node");
    const { stdout } = await inApp(version === "24" ? process.execPath : older, ["page.js"]);
    const [name, html] = stdout.toString().split("\n");
    expect(name).toMatch(new RegExp(`^v${version}\\.`));
    expect(html).toBe(HTML);
  });

  it.skipIf(CHROMIUM === undefined)(
    `writes a <picture> in a browser${CHROMIUM_MISSING ? ` (${CHROMIUM_MISSING})` : ""}`,
    async () => {
      const { outputFiles } = await build({
        stdin: { contents: `${PAGE}document.body.textContent = html;`, resolveDir: app },
        bundle: true,
        write: false,
      });
      const page = `<body></body><script>${outputFiles[0]?.text}</script>`;
      await writeFile(join(app, "page.html"), page);
      const flags = [...CHROMIUM_FLAGS, "--dump-dom", join(app, "page.html")];
      const { stdout } = await inApp(CHROMIUM ?? "", flags);
      expect(stdout.toString()).toContain(HTML.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
    },
  );

  it("runs at the edge, where there are web APIs only", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `${PAGE}
import * as client from "@imagefleet/client";
const recipe = client.defineRecipe({ presets: { thumb: "150x150" } });
export const keys = [manifestKey(recipe, "a.jpg"), client.renditionKey(recipe, recipe.presets[0], "a.jpg")];
export const image = client.placeholder({ placeholder: { thumbhash: "WFgKBwwIRniIh3dwh3p4SKd4tgA/BYYA" } });
export let wrong;
try { parseManifest({}); } catch ({ message }) { wrong = message; }`,
        resolveDir: app,
      },
      bundle: true,
      platform: "neutral",
      mainFields: ["module", "main"],
      format: "iife",
      globalName: "page",
      write: false,
    });
    const script = `${outputFiles[0]?.text}\nJSON.stringify({ ...page })`;
    const webApis = createContext({ atob, btoa, TextEncoder });
    expect(JSON.parse(String(runInContext(script, webApis)))).toEqual({
      html: HTML,
      keys: ["manifests/a.jpg.json", "thumb/a.jpg.webp"],
      image: expect.stringMatching(/^data:image\/png;base64,/),
      wrong: expect.stringContaining("not a manifest of Imagefleet: version:"),
    });
  });

  it("is typed by the recipe", async () => {
    await writeFile(join(app, "recipe.ts"), RECIPE);
    const options = { module: "nodenext", target: "es2023", strict: true, noEmit: true, types: [] };
    const config = { compilerOptions: { ...options, allowImportingTsExtensions: true } };
    await writeFile(join(app, "tsconfig.json"), JSON.stringify(config));
    const use = (preset: string) => `import { picture } from "@imagefleet/client";
import type recipe from "./recipe.ts";
export const data = picture<typeof recipe>({}, "${preset}");
`;
    await writeFile(join(app, "right.ts"), use("hero"));
    await inApp("tsc", ["-p", "."]);
    await writeFile(join(app, "wrong.ts"), use("heroo"));
    const failed = inApp("tsc", ["-p", "."]);
    await expect(failed).rejects.toMatchObject({
      stdout: expect.stringMatching(/^wrong\.ts.*"heroo"' is not assignable[^\n]*\n$/),
    });
  });
});

it("starts the packed imagefleet on a folder of images, by the folder's own recipe", async () => {
  const images = join(folder, "images");
  await mkdir(images);
  await writeFile(join(app, "recipe.ts"), RECIPE);
  const noise = sharp({ create: { width: 90, height: 60, channels: 3, background: "#357" } });
  await noise.jpeg().toFile(join(images, "a.jpg"));
  const heic = join(ROOT, "packages/core/src/image/formats/heic/phone.fixture.heic");
  await writeFile(join(images, "b.heic"), await readFile(heic));
  const flags = ["--once", "--json", "--port", "0", "--data", join(folder, "data")];
  const { stdout } = await inApp("npx", ["--no", "imagefleet", "start", images, ...flags]);
  const { outcomes, renditions } = JSON.parse(stdout.toString());
  expect(outcomes).toEqual({ rendered: 2 });
  expect(renditions).toBeGreaterThanOrEqual(5);
}, 60_000);

it("renders by the packed recipe in a folder without one", async () => {
  const empty = await mkdtemp(join(folder, "empty-"));
  const pixels = sharp({ create: { width: 900, height: 600, channels: 3, background: "#357" } });
  await pixels.jpeg().toFile(join(empty, "a.jpg"));
  await inApp(join(app, "node_modules/.bin/imagefleet"), ["render", "a.jpg"], { cwd: empty });
  const presets = ["card", "large", "medium", "share", "small", "thumb"];
  expect(await readdir(join(empty, "renditions"))).toEqual(expect.arrayContaining(presets));
});

it("says which Node the packed imagefleet needs", async () => {
  const older = join(nodes, "node_modules", "node-20", "bin", "node");
  const main = join(app, "node_modules", "imagefleet", "dist", "imagefleet.js");
  await expect(inApp(older, [main, "--help"])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: imagefleet needs Node 24 or newer, and this is 20\./),
  });
});

it.each(["imagefleet-0", "imagefleet-client", "imagefleet-core"])(
  "%s passes publint",
  async (name) => {
    const { stdout } = await inApp("publint", [await tarball(name), "--strict"], { cwd: ROOT });
    expect(stdout).toContain("All good!");
  },
);

it.each(["imagefleet-client", "imagefleet-core"])(
  "%s has right types for every export",
  async (name) => {
    const flags = ["--profile", "esm-only", "--format", "ascii", "--no-color"];
    // It exits with 1 where it finds a problem.
    const { stdout } = await inApp("attw", [await tarball(name), ...flags], { cwd: ROOT });
    expect(stdout).toContain("(from ESM): 🟢");
  },
  60_000,
);

// The lists in test/packages/api. A comment may change without a review.
it.each(LIBRARIES)("%s has the reviewed public declarations", async (name) => {
  const files = await declarationsOf(name);
  const texts = files.map(({ file, text }) => `// ${file}\n${text.replace(COMMENT, "")}`);
  await expect(
    texts.join("\n"),
    "Review the change, then write the list by: npm test -- --update=all test/packages",
  ).toMatchFileSnapshot(`api/${name.replace("@imagefleet/", "")}.txt`);
});

/** The values that examples use without defining them. */
const GLOBALS = `import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { AttemptContext, ReadMessage } from "@imagefleet/core/attempt";
import type { Job } from "@imagefleet/core/intake";
import type { Plan, SourceInfo } from "@imagefleet/core/plan";
import type { Queue, ReceivedMessage } from "@imagefleet/core/queue";
import type { Recipe } from "@imagefleet/core/recipe";
import type { DeliverResources } from "@imagefleet/core/deliver";
import type { ReconcileResources } from "@imagefleet/core/reconcile";
import type { OpenSource } from "@imagefleet/core/store";
import type { Telemetry } from "@imagefleet/core/telemetry";
import type { Manifest } from "@imagefleet/client";
declare global {
  const recipe: Recipe, manifest: Manifest, info: SourceInfo, plan: Plan, job: Job;
  const s3: S3Client, sqs: SQSClient, queue: Queue, deadLetters: Queue, source: OpenSource;
  const message: ReceivedMessage, read: ReadMessage, messages: readonly ReadMessage[];
  const context: AttemptContext, resources: ReconcileResources & DeliverResources, telemetry: Telemetry;
  const body: string, line: string, error: unknown, signal: AbortSignal;
  const img: { style: { backgroundImage: string } };
}
`;

it.each(LIBRARIES)(
  "%s has an example for every function; it compiles, as the README does",
  async (name) => {
    const exported = await exportsOf(name);
    const code = (await declarationsOf(name)).map(({ text }) => text).join("\n");
    const examples = exported
      .filter(({ isFunction }) => isFunction)
      .map((each) => ({ ...each, example: exampleOf(each.name, code) }));
    expect(examples.filter(({ example }) => example === undefined)).toEqual([]);

    const examplesFolder = await mkdtemp(join(app, "examples-"));
    const write = (file: string, text: string) => writeFile(join(examplesFolder, file), text);
    const typeRoots = [join(ROOT, "node_modules", "@types")];
    const options = { module: "nodenext", target: "es2024", strict: true, noEmit: true, typeRoots };
    const compilerOptions = { ...options, allowImportingTsExtensions: true, types: ["node"] };
    await write("tsconfig.json", JSON.stringify({ compilerOptions }));
    await write("globals.d.ts", GLOBALS);
    await write("recipe.ts", RECIPE);
    const imports = exported
      .map((each) => `import { ${each.name} } from "${each.entry}";\n`)
      .join("");
    await Promise.all(
      examples.map((each) => write(`${each.name}.ts`, `${imports}${each.example}`)),
    );
    const readme = await readFile(join(app, "node_modules", name, "README.md"), "utf8");
    const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)];
    expect(blocks).not.toEqual([]);
    await Promise.all(blocks.map(([, block = ""], at) => write(`readme-${at}.ts`, block)));
    const compiled = inApp("tsc", ["-p", examplesFolder]);
    expect(await compiled.catch((error) => error)).toMatchObject({ stdout: "", stderr: "" });
  },
);

const COMMENT = /^ *\/\*\*[\s\S]*?\*\/\n/gm;

/** The code of a function's `@example`; undefined if it has none. */
function exampleOf(name: string, code: string): string | undefined {
  const declared = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\nexport declare function ${name}\\b`,
  );
  const [, example] = declared.exec(code)?.[1]?.split("@example\n") ?? [];
  return example?.replaceAll(/^ \* ?/gm, "");
}

interface Exported {
  /** The first of the package's entries that exports it. */
  readonly entry: string;
  readonly name: string;
  readonly isFunction: boolean;
}

/** The values that a package exports, as its entries are loaded. */
async function exportsOf(name: string): Promise<Exported[]> {
  const { exports } = await packageOf(name);
  const entries = Object.keys(exports).filter((path) => path !== "./package.json");
  const script = `const found = new Map();
for (const entry of ${JSON.stringify(entries.map((path) => `${name}${path.slice(1)}`))})
  for (const [name, value] of Object.entries(await import(entry)))
    if (!found.has(name))
      found.set(name, { entry, name, isFunction: typeof value === "function" && !/^class /.test(value) });
console.log(JSON.stringify([...found.values()]));`;
  const { stdout } = await inApp(process.execPath, ["--input-type=module", "--eval", script]);
  return JSON.parse(stdout.toString());
}

/** The declaration files that a package's entries reach. */
async function declarationsOf(name: string): Promise<{ file: string; text: string }[]> {
  const { own, exports } = await packageOf(name);
  const reached = new Map<string, string>();
  const queue = Object.values(exports).flatMap(({ types }) => types ?? []);
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    const text = await readFile(join(own, file), "utf8");
    reached.set(file, text);
    const specifiers = text.replace(COMMENT, "").matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g);
    for (const [, specifier] of specifiers)
      queue.push(posix.join(posix.dirname(file), `${specifier}.d.ts`));
  }
  const sorted = [...reached].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([file, text]) => ({ file, text }));
}

async function packageOf(name: string) {
  const own = join(app, "node_modules", name);
  const { exports }: { exports: Record<string, { types?: string }> } = JSON.parse(
    await readFile(join(own, "package.json"), "utf8"),
  );
  return { own, exports };
}

async function tarball(prefix: string): Promise<string> {
  const names = await readdir(join(folder, "packed"));
  return join(folder, "packed", names.find((name) => name.startsWith(prefix)) ?? "");
}
