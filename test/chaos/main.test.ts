import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

it("prints its help", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const option of [
    "--jobs",
    "--seed",
    "--minutes",
    "--lost-answers",
    "--kills",
    "--catalog-kills",
    "--json",
  ]) {
    expect(stdout).toContain(option);
  }
});

it.each([
  [["--jobs", "none"], "Write a whole number"],
  [["--errors", "5%"], "Write a share from 0 to 1"],
  [["--errors", "0.9", "--resets", "0.9"], "together 1 at most"],
  [["--kills", "-1"], "Write a number from 0"],
  [["--job", "5"], "Did you mean --jobs?"],
])("rejects %j", async (args, fix) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(fix);
});
