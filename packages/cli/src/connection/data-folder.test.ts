import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalAws } from "@imagefleet/local/aws";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { folderCredentials, openDataFolder, runningFleet } from "./data-folder.ts";

let dir = "";

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "imagefleet-data-")), "data");
});
afterEach(() => rm(join(dir, ".."), { recursive: true, force: true }));

async function fill(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "kept"), "x");
}

/** A start that goes on, in another process. */
async function otherStart(): Promise<ChildProcess> {
  const script = `
    const { openDataFolder } = await import(${JSON.stringify(import.meta.resolve("./data-folder.ts"))});
    await openDataFolder(${JSON.stringify(dir)}, false);
    console.log("open");
    process.stdin.resume();`;
  const args = ["--input-type=module", "--eval", script];
  const other = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => end(other));
  const refused = once(other, "exit").then(() => Promise.reject(new Error("it did not open")));
  await Promise.race([once(other.stdout, "data"), refused]);
  refused.catch(() => undefined);
  return other;
}

async function end(other: ChildProcess): Promise<void> {
  if (other.exitCode === null && other.signalCode === null) {
    other.kill("SIGKILL");
    await once(other, "exit");
  }
}

describe("the data folder", () => {
  test("is made, opened again as it was, and with --fresh without buckets and queues", async () => {
    const first = await openDataFolder(dir, false);
    await fill(first.fleet);
    await fill(first.samples);
    await first[Symbol.asyncDispose]();
    await (await openDataFolder(dir, false))[Symbol.asyncDispose]();
    expect(await readdir(first.fleet)).toEqual(["kept"]);
    await (await openDataFolder(dir, true))[Symbol.asyncDispose]();
    await expect(readdir(first.fleet)).rejects.toThrow("ENOENT");
    expect(await readdir(first.samples)).toEqual(["kept"]);
    expect((await readdir(dir)).sort()).toEqual(["imagefleet.json", "samples"]);
  });

  test.each([true, false])("is refused where it is not ours (fresh: %s)", async (fresh) => {
    await fill(join(dir, "aws"));
    await expect(openDataFolder(dir, fresh)).rejects.toThrow("was not made by imagefleet");
    expect(await readdir(join(dir, "aws"))).toEqual(["kept"]);
  });

  test.each([true, false])("is not made of a folder of pictures (fresh: %s)", async (fresh) => {
    await fill(dir);
    await writeFile(join(dir, "a.jpg"), "x");
    await expect(openDataFolder(dir, fresh)).rejects.toThrow(
      `--data ${dir} was not made by imagefleet (there is no imagefleet.json in it), and it is not empty: it holds a.jpg and 1 more. Name an empty folder or a new one`,
    );
    expect((await readdir(dir)).sort()).toEqual(["a.jpg", "kept"]);
  });

  test("is made of a folder with nothing but what the system, a killed start or reprocess left", async () => {
    await mkdir(dir);
    for (const name of [".DS_Store", "rates.json", `imagefleet.lock.${randomUUID()}`]) {
      await writeFile(join(dir, name), "");
    }
    await (await openDataFolder(dir, false))[Symbol.asyncDispose]();
    expect(await readdir(dir)).toContain("imagefleet.json");
  });

  test.each([true, false])(
    "is held by one process until it ends, however it ends (fresh: %s)",
    async (fresh) => {
      const other = await otherStart();
      await fill(join(dir, "aws"));
      await expect(openDataFolder(dir, fresh)).rejects.toThrow(
        `another start uses it (pid ${other.pid}, since `,
      );
      expect(await readdir(join(dir, "aws"))).toEqual(["kept"]);
      await end(other);
      await using data = await openDataFolder(dir, fresh);
      if (fresh) await expect(readdir(data.fleet)).rejects.toThrow("ENOENT");
      else expect(await readdir(data.fleet)).toEqual(["kept"]);
    },
  );

  test("is claimed by exactly one of many starts at once", async () => {
    const opened = await Promise.allSettled(Array.from({ length: 4 }, () => otherStart()));
    expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("is not forgotten while servers have its database open, and then it is", async () => {
    const { fleet, ...data } = await openDataFolder(dir, false);
    await data[Symbol.asyncDispose]();
    const servers = await startLocalAws({ dataDir: fleet, port: 0 });
    const before = await readdir(fleet);
    await expect(openDataFolder(dir, true)).rejects.toThrow("has its database open");
    expect(await readdir(fleet)).toEqual(before);
    await servers.close();
    await using _ = await openDataFolder(dir, true);
    await expect(readdir(fleet)).rejects.toThrow("ENOENT");
  });

  test("is forgotten with a database that is damaged", async () => {
    await (await openDataFolder(dir, false))[Symbol.asyncDispose]();
    await mkdir(join(dir, "aws"));
    await writeFile(join(dir, "aws", "fauxqs.db"), "no database".repeat(500));
    await using data = await openDataFolder(dir, true);
    await expect(readdir(data.fleet)).rejects.toThrow("ENOENT");
  });

  test("tells where its fleet runs, while it runs", async () => {
    expect(await runningFleet(dir)).toBeUndefined();
    const data = await openDataFolder(dir, false);
    const servers = await startLocalAws({ dataDir: data.fleet, port: 0 });
    expect(await runningFleet(dir)).toBeUndefined();
    const { endpoint, credentials } = servers;
    await data.announce(endpoint);
    expect(await runningFleet(dir)).toEqual({ endpoint, credentials });
    await servers.close();
    await data[Symbol.asyncDispose]();
    expect(await runningFleet(dir)).toBeUndefined();
    expect(folderCredentials(dir)).toEqual(credentials);
    for (const path of [data.fleet, join(data.fleet, "secret-access-key")]) {
      expect((await stat(path)).mode & 0o077).toBe(0);
    }
  });
});
