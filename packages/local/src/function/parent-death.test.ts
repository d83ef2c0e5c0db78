import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { expect, onTestFinished, test } from "vitest";
import { isAlive } from "./fixtures/alive.ts";

test.each([
  ["is killed", "kill"],
  // Its handler is in an endless loop and does not notice that the channel has closed.
  ["exits", "exit"],
])("handler processes end when the program %s", async (_name, how) => {
  const parent = spawn(
    process.execPath,
    [fileURLToPath(new URL("./fixtures/parent.ts", import.meta.url)), how],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line] = await once(parent.stdout, "data");
  const pids = v.parse(v.array(v.number()), JSON.parse(String(line)));
  expect(pids).toHaveLength(2);
  expect(pids.every(isAlive)).toBe(true);
  if (how === "kill") parent.kill("SIGKILL");
  else parent.stdin.write("end\n");
  await once(parent, "exit");
  await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
});
