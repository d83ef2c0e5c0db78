import { type ExecFileOptions, execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, CHROMIUM_FLAGS, CHROMIUM_MISSING } from "../reference/chromium.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const INSTALL_MS = 300_000;
const PACKAGES = ["@imagefleet/client", "@imagefleet/core", "imagefleet"] as const;
/** The older versions of Node that the client supports, as npm has them for this platform. */
const NODE = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const OLDER = ["20", "22"] as const;

const run = promisify(execFile);
let folder: string;
let app: string;

/** Runs a program in the app's folder. */
function inApp(command: string, args: readonly string[], options: ExecFileOptions = {}) {
  return run(command, args, { cwd: app, encoding: "utf8", ...options });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-packages-"));
  app = join(folder, "app");
  const [built, packed] = [join(folder, "built"), join(folder, "packed")];
  await Promise.all([mkdir(app), mkdir(packed)]);
  await run(process.execPath, ["scripts/packages/build.ts", built], { cwd: ROOT });
  const pack = ["pack", "--silent", "--pack-destination", packed];
  await Promise.all(PACKAGES.map((name) => run("npm", pack, { cwd: join(built, name) })));
  const tarballs = (await readdir(packed)).map((name) => join(packed, name));
  await writeFile(join(app, "package.json"), '{ "type": "module" }');
  const older = OLDER.map((version) => `node-${version}@npm:${NODE}@${version}`);
  const quietly = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  await inApp("npm", ["install", ...quietly, "--prefer-offline", ...tarballs, ...older]);
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
    const older = join(app, "node_modules", `node-${version}`, "bin", "node");
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
  const bin = join(app, "node_modules", ".bin", "imagefleet");
  const flags = [
    "start",
    images,
    "--once",
    "--json",
    "--port",
    "0",
    "--data",
    join(folder, "data"),
  ];
  const { stdout } = await inApp(bin, flags);
  const { outcomes, renditions } = JSON.parse(stdout.toString());
  expect(outcomes).toEqual({ rendered: 2 });
  expect(renditions).toBeGreaterThanOrEqual(5);
}, 60_000);

it("says which Node the packed imagefleet needs", async () => {
  const older = join(app, "node_modules", "node-20", "bin", "node");
  const main = join(app, "node_modules", "imagefleet", "dist", "imagefleet.js");
  await expect(inApp(older, [main, "--help"])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: imagefleet needs Node 24 or newer, and this is 20\./),
  });
});

it("runs the packed core: every export loads", async () => {
  const { exports } = JSON.parse(
    await readFile(join(app, "node_modules/@imagefleet/core/package.json"), "utf8"),
  );
  const names = Object.keys(exports).filter((name) => name !== "./package.json");
  expect(names.length).toBeGreaterThan(15);
  const imports = names.map((name) => `import "@imagefleet/core/${name.slice(2)}";`);
  await writeFile(join(app, "all.js"), `${imports.join("\n")}\nconsole.log("loaded");\n`);
  expect((await inApp(process.execPath, ["all.js"])).stdout).toBe("loaded\n");
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

// An unreviewed change fails. `npm test -- --update=all test/packages` writes a reviewed one.
it.each(["client", "core"])("has the reviewed public declarations: %s", async (name) => {
  const own = join(app, "node_modules", "@imagefleet", name);
  const { exports } = JSON.parse(await readFile(join(own, "package.json"), "utf8"));
  const entries = Object.values<{ types?: string }>(exports).flatMap(({ types }) => types ?? []);
  const files = name === "client" ? await declarationsOf(own) : entries;
  // A comment may change without a review of the packages.
  const texts = files.map(async (file) => {
    const text = await readFile(join(own, file), "utf8");
    return `// ${file}\n${text.replace(/^ *\/\*\*[\s\S]*?\*\/\n/gm, "")}`;
  });
  await expect((await Promise.all(texts)).join("\n")).toMatchFileSnapshot(`api/${name}.txt`);
});

async function declarationsOf(own: string): Promise<string[]> {
  const all = await readdir(join(own, "dist"), { recursive: true });
  return all
    .filter((file) => file.endsWith(".d.ts"))
    .map((file) => join("dist", file))
    .sort();
}

async function tarball(prefix: string): Promise<string> {
  const names = await readdir(join(folder, "packed"));
  return join(folder, "packed", names.find((name) => name.startsWith(prefix)) ?? "");
}
