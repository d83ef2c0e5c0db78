import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensurePlatform } from "../../../scripts/sst/platform.ts";
import { makeApp } from "../app.ts";
import { all, at, texts } from "../read.ts";
import { unpack, withSharpOfThisMachine } from "./artifact.ts";
import { type Diff, sstDiff } from "./diff.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const SMOKE_MS = 240_000;

const CONFIG = `export default $config({
  app: () => ({ name: "shop", home: "aws", providers: { aws: { region: "eu-west-1" } } }),
  async run() {
    const { Imagefleet } = await import("@imagefleet/sst");
    const args = { recipe: "recipe.ts", delivery: { invalidate: true } };
    return new Imagefleet("Photos", args).outputs;
  },
});`;

let root: string;
let diff: Diff;

beforeAll(async () => {
  await ensurePlatform(ROOT);
  root = await makeApp(CONFIG);
  mkdirSync(join(root, "node_modules", ".bin"));
  symlinkSync(join(ROOT, "node_modules/.bin/sst"), join(root, "node_modules/.bin/sst"));
  writeFileSync(join(root, "package-lock.json"), "{}");
  diff = await sstDiff(root, "smoke");
}, SMOKE_MS);
afterAll(() => rmSync(root, { recursive: true, force: true }));

it.each(["Consume", "Deliver"])(
  "is a function that starts, with the app's own recipe beside it: %s",
  async (part) => {
    const folder = unpacked(part);
    withSharpOfThisMachine(folder, ROOT);
    expect(await startedIn(folder, part)).toBe("function");
    expect(readFileSync(join(folder, "recipe.mjs"), "utf8")).toContain("320x320");
  },
);

it("is a function that invalidates, which starts and brings no codec", async () => {
  const folder = unpacked("Invalidate");
  const files = readdirSync(folder);
  expect(files).toContain("recipe.mjs");
  expect(files).not.toContain("node_modules");
  expect(files).not.toContain("transcode-thread.mjs");
  expect(await startedIn(folder, "Invalidate")).toBe("function");
});

/** What Lambda would get of a function. */
function unpacked(part: string): string {
  const zip = readFileSync(join(root, `.sst/artifacts/Photos${part}/code.zip`));
  const files = Object.entries(unzipSync(zip)).filter(([path]) => !path.endsWith("/"));
  const folder = join(root, "task", part);
  unpack(new Map(files), folder);
  return folder;
}

/** The type of the handler, imported with the function's variables. */
async function startedIn(folder: string, part: string): Promise<string> {
  const fn = all({ ...NOTHING, resources: diff.resources }, "lambda/function:Function").find(
    ({ name }) => name === `Photos${part}Function`,
  );
  const given = at(fn?.inputs, "environment.variables");
  const environment = Object.entries(given ?? {}).flatMap(([name, value]) =>
    texts(value).map((text) => [name, text] as const),
  );
  const program = `const { handler } = await import("./bundle.mjs");
    process.stdout.write(typeof handler);
    process.exit();`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { cwd: folder, env: { ...Object.fromEntries(environment), AWS_REGION: "eu-west-1" } },
  );
  return stdout;
}

it("has all that the worker's image copies", () => {
  const context = join(root, "node_modules/@imagefleet/sst/fleet");
  const file = readFileSync(join(context, "docker/worker.Dockerfile"), "utf8");
  const copied = file.matchAll(/^COPY (?!--from)(.+) \S+$/gm);
  const sources = Array.from(copied, ([, paths = ""]) => paths.split(" ")).flat();
  expect(sources.length).toBeGreaterThan(5);
  expect(sources.filter((path) => !existsSync(join(context, path)))).toEqual([]);
});

const NOTHING = { dev: false, app: {}, settings: {}, outputs: {}, functions: [] };
