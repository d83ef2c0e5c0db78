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

/** Another process that holds the folder. */
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
  test("is created, reopened unchanged, and cleared of buckets and queues with --fresh", async () => {
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

  test.each([true, false])(
    "is refused if it was not created by imagefleet (fresh: %s)",
    async (fresh) => {
      await fill(join(dir, "aws"));
      await expect(openDataFolder(dir, fresh)).rejects.toThrow("was not made by imagefleet");
      expect(await readdir(join(dir, "aws"))).toEqual(["kept"]);
    },
  );

  test.each([true, false])("is not created in a folder of pictures (fresh: %s)", async (fresh) => {
    await fill(dir);
    await writeFile(join(dir, "a.jpg"), "x");
    await expect(openDataFolder(dir, fresh)).rejects.toThrow(
      `--data ${dir} was not made by imagefleet (there is no imagefleet.json in it), and it is not empty: it contains a.jpg and 1 more. Use an empty folder or a new one`,
    );
    expect((await readdir(dir)).sort()).toEqual(["a.jpg", "kept"]);
  });

  test("is created in a folder that contains only files of the system, a killed start or reprocess", async () => {
    await mkdir(dir);
    for (const name of [".DS_Store", "rates.json", `imagefleet.lock.${randomUUID()}`]) {
      await writeFile(join(dir, name), "");
    }
    await (await openDataFolder(dir, false))[Symbol.asyncDispose]();
    expect(await readdir(dir)).toContain("imagefleet.json");
  });

  test.each([true, false])(
    "is locked by one process until it exits or is killed (fresh: %s)",
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

  test("is locked by exactly one of several concurrent starts", async () => {
    const opened = await Promise.allSettled(Array.from({ length: 4 }, () => otherStart()));
    expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("is not cleared while servers have its database open", async () => {
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

  test("is cleared with --fresh even if the database is damaged", async () => {
    await (await openDataFolder(dir, false))[Symbol.asyncDispose]();
    await mkdir(join(dir, "aws"));
    await writeFile(join(dir, "aws", "fauxqs.db"), "no database".repeat(500));
    await using data = await openDataFolder(dir, true);
    await expect(readdir(data.fleet)).rejects.toThrow("ENOENT");
  });

  test("has the endpoint of its fleet while it runs", async () => {
    expect(await runningFleet(dir)).toBeUndefined();
    const data = await openDataFolder(dir, false);
    const servers = await startLocalAws({ dataDir: data.fleet, port: 0 });
    expect(await runningFleet(dir)).toBeUndefined();
    const { endpoint, credentials } = servers;
    await data.announce({ endpoint });
    expect(await runningFleet(dir)).toEqual({ endpoint, credentials });
    const edge = "http://127.0.0.1:4567";
    await data.announce({ endpoint, edge: { url: edge } });
    expect(await runningFleet(dir)).toEqual({ endpoint, credentials, edge });
    await servers.close();
    await data[Symbol.asyncDispose]();
    expect(await runningFleet(dir)).toBeUndefined();
    expect(folderCredentials(dir)).toEqual(credentials);
    for (const path of [data.fleet, join(data.fleet, "secret-access-key")]) {
      expect((await stat(path)).mode & 0o077).toBe(0);
    }
  });
});
