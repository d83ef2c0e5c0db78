import { mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Scratch, type ScratchFile } from "./scratch.ts";

const never = new AbortController().signal;
let scratch: Scratch;
beforeEach(async () => {
  scratch = new Scratch(await mkdtemp(join(tmpdir(), "imagefleet-scratch-")));
});
afterEach(() => rm(scratch.folder, { recursive: true }));

async function freeBytes(): Promise<number> {
  const { bavail, bsize } = await statfs(scratch.folder);
  return bavail * bsize;
}

/** Keeps a file until `release`; `opened` resolves when it has the file. */
function openFile(bytes: number, signal = never) {
  const opened = Promise.withResolvers<ScratchFile>();
  const end = Promise.withResolvers<void>();
  const over = scratch.withFile(bytes, signal, async (file) => {
    opened.resolve(file);
    await end.promise;
  });
  over.catch(opened.reject);
  opened.promise.catch(() => undefined);
  return { opened: opened.promise, over, release: end.resolve };
}

const undecided = Symbol("undecided");
const soFar = (promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 100, undecided))]);

it("removes a file, however its use ends", async () => {
  const use = async ({ path }: ScratchFile) => {
    await writeFile(path, "x");
    throw new Error("no");
  };
  await expect(scratch.withFile(1, never, use)).rejects.toThrow("no");
  expect(await readdir(scratch.folder)).toEqual([]);
});

it("fails at once when a source is larger than the free space", async () => {
  const bytes = 2 * (await freeBytes());
  const failure = expect.objectContaining({
    reason: "DiskFull",
    message: expect.stringMatching(/^the source has \d+ MiB and the disk has \d+ MiB free$/),
  });
  await expect(scratch.withFile(bytes, never, async () => undefined)).rejects.toEqual(failure);
});

it("counts the space that other files reserve, and waits for them", async () => {
  const most = Math.floor((await freeBytes()) * 0.6);
  const first = openFile(most);
  await first.opened;
  const second = openFile(most);
  expect(await soFar(second.opened)).toBe(undecided);
  // Nothing was written here, so the space is free again.
  (await first.opened).written();
  await second.opened;
  second.release();
  first.release();
  await Promise.all([first.over, second.over]);
});

it("stops waiting when its signal is aborted", async () => {
  const most = Math.floor((await freeBytes()) * 0.6);
  const first = openFile(most);
  await first.opened;
  const stop = new AbortController();
  const second = openFile(most, stop.signal);
  expect(await soFar(second.opened)).toBe(undecided);
  stop.abort(new Error("stopped"));
  await expect(second.over).rejects.toThrow("stopped");
  first.release();
  await first.over;
});
