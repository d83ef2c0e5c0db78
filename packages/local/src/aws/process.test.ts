import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { startLocalAws } from "./server.ts";
import { spawnLocalAws } from "./spawn.ts";
import { PortTaken } from "./start-error.ts";

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.each([
  ["in this process", startLocalAws],
  ["in its own process", spawnLocalAws],
])("a port in use is PortTaken %s", async (_, start) => {
  const first = await startLocalAws({ port: 0, dataDir: await folder() });
  onTestFinished(() => first.close());
  const second = start({ port: first.port, dataDir: await folder() });
  await expect(second).rejects.toThrow(PortTaken);
  await expect(second).rejects.toMatchObject({ port: first.port });
});

test("a folder in use is rejected, and the servers that use it go on", async () => {
  const dataDir = await folder();
  const first = await spawnLocalAws({ port: 0, dataDir });
  onTestFinished(() => first.close());
  await expect(spawnLocalAws({ port: 0, dataDir })).rejects.toThrow(/another process/);
  await expect(startLocalAws({ port: 0, dataDir })).rejects.toThrow(/another process/);
  expect(await clientsOf(first).createQueue("q")).toContain("/q");
});

test("Ctrl-C does not end the servers, but their parent does", async () => {
  const local = await spawnLocalAws({ port: 0, dataDir: await folder() });
  process.kill(local.pid, "SIGINT");
  process.kill(local.pid, "SIGHUP");
  // The process answers after two signals.
  expect(await clientsOf(local).createQueue("q")).toContain("/q");
  await local.close();
  expect(isAlive(local.pid)).toBe(false);
});

test("the servers end with their parent, also when it is killed", async () => {
  const start = JSON.stringify(new URL("spawn.ts", import.meta.url).href);
  const options = JSON.stringify({ port: 0, dataDir: await folder() });
  const script = `const { spawnLocalAws } = await import(${start});
    const { pid } = await spawnLocalAws(${options});
    process.stdout.write(String(pid));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = await once(parent.stdout, "data");
  const pid = Number(printed);
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
});

test("a second close does nothing, and no output is written", async () => {
  const local = await spawnLocalAws({ port: 0, dataDir: await folder() });
  await Promise.all([local.close(), local.close()]);
  const inside = await startLocalAws({ port: 0, dataDir: await folder() });
  await Promise.all([inside.close(), inside.close()]);
});
