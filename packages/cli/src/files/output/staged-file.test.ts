import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { newFolder } from "../../fixtures/folder.ts";
import { stageFile, writeWhole } from "./staged-file.ts";

let dir = "";

beforeEach(async () => {
  dir = await newFolder();
});

test("a staged file replaces the old one when it is committed", async () => {
  const path = join(dir, "deep/er/file.txt");
  await writeWhole(path, Buffer.from("old"));
  const staged = await stageFile(path, Buffer.from("new"));
  expect(await readFile(path, "utf8")).toBe("old");
  await staged.commit();
  expect(await readFile(path, "utf8")).toBe("new");
  expect(await readdir(join(dir, "deep/er"))).toEqual(["file.txt"]);
});

test("removes the staged files of a killed process, but not those of a running one", async () => {
  const uuid = "00000000-0000-4000-8000-000000000000";
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  await writeFile(join(dir, `.imagefleet-${dead}-${uuid}.tmp`), "x");
  await writeFile(join(dir, `.imagefleet-${process.ppid}-${uuid}.tmp`), "x");
  await writeWhole(join(dir, "file.txt"), Buffer.from("x"));
  expect((await readdir(dir)).sort()).toEqual([
    `.imagefleet-${process.ppid}-${uuid}.tmp`,
    "file.txt",
  ]);
});

test("a file that cannot be written leaves no staged file", async () => {
  const path = join(dir, "taken");
  await mkdir(join(path, "by a folder"), { recursive: true });
  await expect(writeWhole(path, Buffer.from("x"))).rejects.toThrow();
  expect(await readdir(dir)).toEqual(["taken"]);
});
