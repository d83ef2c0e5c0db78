import { execFile } from "node:child_process";
import {
  cp,
  glob,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const LOCK = "scripts/tools/package-lock.json";

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), "imagefleet-entry-"));
});
afterEach(() => rm(clone, { recursive: true, force: true }));

it.each([
  ["pnpm", "EINTEGRITY"],
  ["node", "npm did not install Node 24"],
])(
  "refuses a %s whose hash is not the lockfile's, and installs nothing with it",
  async (name, why) => {
    await mkdir(join(clone, "packages"));
    for (const path of ["scripts/run.mjs", "scripts/tools/package.json", LOCK]) {
      await cp(join(ROOT, path), join(clone, path));
    }
    const lock = await readFile(join(ROOT, LOCK), "utf8");
    const entries = new RegExp(`(node_modules/${name}[^{]*{[^}]*"integrity": "sha512-).{4}`, "g");
    const changed = lock.replaceAll(entries, "$1AAAA");
    expect(changed).not.toBe(lock);
    await writeFile(join(clone, LOCK), changed);
    const entry = [join(clone, "scripts/run.mjs"), "imagefleet"];
    const ended = promisify(execFile)(process.execPath, entry, { cwd: clone });
    await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
  },
  60_000,
);

it.each([
  ["imagefleet", "preflight", "--stage", "x y"],
  ["imagefleet", "doctor", "--stage=x/y"],
  ["sst", "deploy", "--stage"],
])(
  "%s %s %s refuses a name that is not a stage's, before it installs anything",
  async (...args) => {
    for (const path of ["scripts/run.mjs", "scripts/tools/package.json", LOCK]) {
      await cp(join(ROOT, path), join(clone, path));
    }
    await mkdir(join(clone, "packages"));
    const ended = promisify(execFile)(process.execPath, [join(clone, "scripts/run.mjs"), ...args]);
    await expect(ended).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^imagefleet: --stage "(x.y)?" is not the name of a stage: /),
    });
    expect(await readdir(join(clone, "scripts/tools"))).not.toContain("node_modules");
  },
);

it("replaces the installation of a start by the whole one without a question", async () => {
  const manifests = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "scripts/run.mjs"];
  for await (const path of glob(
    ["{bench,infra,test,packages/*}/package.json", "scripts/tools/*.json"],
    {
      cwd: ROOT,
    },
  )) {
    manifests.push(path);
  }
  for (const path of manifests) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await cp(join(ROOT, path), join(clone, path));
  }
  const tools = "scripts/tools/node_modules";
  await symlink(join(ROOT, tools), join(clone, tools));
  const { CI: _ours, ...env } = process.env;
  const extent = async (program: string) => {
    // The clone has no program to run: only the extent of the installation matters.
    const run = [join(clone, "scripts/run.mjs"), program];
    await promisify(execFile)(process.execPath, run, { cwd: clone, env }).catch(() => undefined);
    const stamp = join(clone, "node_modules", ".imagefleet-installed");
    return (await readFile(stamp, "utf8")).split(" ")[1];
  };
  expect(await extent("imagefleet")).toBe("to-run");
  expect(await extent("test")).toBe("all");
}, 300_000);
