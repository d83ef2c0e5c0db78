import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}

it.each([
  [["flet"], "Did you mean fleet?"],
  [["fleet", "--images", "0"], "Write a whole number from 1 to 10000."],
  [["resize", "--rounds", "0"], "Write a whole number from 1 to 10000."],
  [["large", "--only"], "argument missing"],
  [["fleet", "--rounds", "many"], "Write a whole number from 1 to 10000."],
])("exits with 2 for %j, and prints what to write", (args, hint) => {
  const { status, stdout, stderr } = bench(...args);
  expect(stderr).toContain(hint);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

it("lists all benches", () => {
  const { status, stdout } = bench("--help");
  const listed = [...stdout.matchAll(/^ {2}(\S+) \[options\]/gm)].map(([, name]) => name);
  const benches = globSync("*/bench.ts", { cwd: import.meta.dirname }).map(dirname);
  expect(listed.sort()).toEqual(benches.sort());
  expect(status).toBe(0);
});

it("names the sources when --only matches none", () => {
  const { status, stderr } = bench("large", "--only", "nothing-like-it");
  expect(stderr).toContain("gigapixel.tif");
  expect(status).toBe(1);
});
