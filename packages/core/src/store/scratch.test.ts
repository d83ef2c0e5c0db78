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

/** Borrows until told; `lent` is fulfilled when it has the file. */
function borrow(bytes: number, signal = never) {
  const lent = Promise.withResolvers<ScratchFile>();
  const end = Promise.withResolvers<void>();
  const over = scratch.lend(bytes, signal, async (file) => {
    lent.resolve(file);
    await end.promise;
  });
  over.catch(lent.reject);
  lent.promise.catch(() => undefined);
  return { lent: lent.promise, over, release: end.resolve };
}

const undecided = Symbol("undecided");
const soFar = (promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 100, undecided))]);

it("removes what was lent, however the loan ends", async () => {
  const use = async ({ path }: ScratchFile) => {
    await writeFile(path, "x");
    throw new Error("no");
  };
  await expect(scratch.lend(1, never, use)).rejects.toThrow("no");
  expect(await readdir(scratch.folder)).toEqual([]);
});

it("says at once that a source is larger than what is free", async () => {
  const bytes = 2 * (await freeBytes());
  const failure = expect.objectContaining({
    reason: "DiskFull",
    message: expect.stringMatching(/^the source has \d+ MiB and the disk has room for \d+$/),
  });
  await expect(scratch.lend(bytes, never, async () => undefined)).rejects.toEqual(failure);
});

it("counts what others will write, and waits for them", async () => {
  const most = Math.floor((await freeBytes()) * 0.6);
  const first = borrow(most);
  await first.lent;
  const second = borrow(most);
  expect(await soFar(second.lent)).toBe(undecided);
  // Written, it is the disk that knows; here nothing was, so there is room again.
  (await first.lent).written();
  await second.lent;
  second.release();
  first.release();
  await Promise.all([first.over, second.over]);
});

it("waits no longer than it may", async () => {
  const most = Math.floor((await freeBytes()) * 0.6);
  const first = borrow(most);
  await first.lent;
  const stop = new AbortController();
  const second = borrow(most, stop.signal);
  expect(await soFar(second.lent)).toBe(undecided);
  stop.abort(new Error("stopped"));
  await expect(second.over).rejects.toThrow("stopped");
  first.release();
  await first.over;
});
