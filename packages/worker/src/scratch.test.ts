import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openScratch } from "./scratch.ts";

/** Above the highest pid of Linux (2^22), so that no process has it. */
const DEAD = 4_194_305;

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "imagefleet-scratch-"));
});
afterEach(() => rm(parent, { recursive: true }));

it("removes the folders of workers that do not exist any more, and nothing else", async () => {
  const living = process.ppid;
  for (const name of [String(DEAD), String(living), "notes"]) {
    await mkdir(join(parent, name));
    await writeFile(join(parent, name, "source"), "x");
  }
  const own = await openScratch(parent, process.pid);
  expect(own).toBe(join(parent, String(process.pid)));
  expect((await readdir(parent)).sort()).toEqual(
    [String(living), String(process.pid), "notes"].sort(),
  );
});

it("empties the folder of an earlier process with the same pid, as in a container", async () => {
  await writeFile(join(await openScratch(parent, process.pid), "source"), "x");
  expect(await readdir(await openScratch(parent, process.pid))).toEqual([]);
});
