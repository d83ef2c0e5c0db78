import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const LOCK = "scripts/tools/package-lock.json";

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), "imagefleet-door-"));
});
afterEach(() => rm(clone, { recursive: true, force: true }));

it.each([
  ["pnpm", "EINTEGRITY"],
  ["node", "npm did not install Node 24"],
])(
  "%s of another hash than the lockfile's is refused, and nothing is installed by it",
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
    const door = [join(clone, "scripts/run.mjs"), "imagefleet"];
    const ended = promisify(execFile)(process.execPath, door, { cwd: clone });
    await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
  },
  60_000,
);
