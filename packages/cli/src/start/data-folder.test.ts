import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDataFolder } from "./data-folder.ts";

let dir = "";

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "imagefleet-data-")), "data");
});
afterEach(() => rm(join(dir, ".."), { recursive: true, force: true }));

async function fill(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "kept"), "x");
}

describe("the data folder", () => {
  test("is made, opened again as it was, and with --fresh without buckets and queues", async () => {
    const first = await openDataFolder(dir, false);
    await fill(first.fleet);
    await fill(first.samples);
    await openDataFolder(dir, false);
    expect(await readdir(first.fleet)).toEqual(["kept"]);
    await openDataFolder(dir, true);
    await expect(readdir(first.fleet)).rejects.toThrow("ENOENT");
    expect(await readdir(first.samples)).toEqual(["kept"]);
  });

  test.each([true, false])("is refused where it is not ours (fresh: %s)", async (fresh) => {
    await fill(join(dir, "aws"));
    await expect(openDataFolder(dir, fresh)).rejects.toThrow("was not made by imagefleet");
    expect(await readdir(join(dir, "aws"))).toEqual(["kept"]);
  });

  test("is not forgotten while another process uses it", async () => {
    const other = spawn(process.execPath, ["--eval", "process.stdin.resume()"]);
    const { fleet } = await openDataFolder(dir, false);
    await fill(fleet);
    await writeFile(join(dir, "imagefleet.json"), JSON.stringify({ process: other.pid }));
    try {
      await expect(openDataFolder(dir, true)).rejects.toThrow(`process ${other.pid} uses ${dir}`);
      expect(await readdir(fleet)).toEqual(["kept"]);
    } finally {
      other.kill();
      await once(other, "exit");
    }
    await openDataFolder(dir, true);
    await expect(readdir(fleet)).rejects.toThrow("ENOENT");
  });
});
