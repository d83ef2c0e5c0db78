import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MANIFESTS = [
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "packages/core/package.json",
  "packages/worker/package.json",
];
const MINUTES = 60_000;
/** ELF's machine numbers. */
const MACHINES = { arm64: 183, x64: 62 } as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-platform-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The install command of the image, whose result is checked. */
async function installOfTheImage(cpu: string): Promise<string[]> {
  const file = await readFile(join(ROOT, "docker/worker.Dockerfile"), "utf8");
  const [, text = ""] = /\bpnpm\.mjs (install .*?)\\\n\s+#/s.exec(file) ?? [];
  const args = text
    .replaceAll("\\\n", " ")
    .replaceAll("$cpu", cpu)
    .replaceAll('"', "")
    .trim()
    .split(/\s+/);
  expect(args).toEqual(expect.arrayContaining(["--frozen-lockfile", `--cpu=${cpu}`]));
  return args;
}

// The image is built here only for this machine's processor.
it.each(["arm64", "x64"] as const)(
  "the lockfile has every binary of the worker for %s",
  { timeout: 3 * MINUTES },
  async (cpu) => {
    for (const path of MANIFESTS) await cp(join(ROOT, path), join(folder, path));
    const install = await installOfTheImage(cpu);
    const pnpm = join(ROOT, "scripts/tools/node_modules/pnpm/bin/pnpm.mjs");
    await promisify(execFile)(process.execPath, [pnpm, ...install], { cwd: folder });
    const { stdout } = await promisify(execFile)("find", [
      folder,
      "-type",
      "f",
      "(",
      "-name",
      "*.node",
      "-o",
      "-name",
      "*.so*",
      ")",
    ]);
    const binaries = stdout.trim().split("\n");
    expect(binaries).toEqual(
      expect.arrayContaining([
        expect.stringMatching(`/sharp-linux-${cpu}-[\\d.]+\\.node$`),
        expect.stringMatching(`/sharp-libvips-linux-${cpu}/lib/libvips-cpp\\.so`),
      ]),
    );
    for (const file of binaries) {
      const bytes = await readFile(file);
      expect([file, bytes.subarray(1, 4).toString(), bytes.readUInt16LE(18)]).toEqual([
        file,
        "ELF",
        MACHINES[cpu],
      ]);
    }
  },
);
