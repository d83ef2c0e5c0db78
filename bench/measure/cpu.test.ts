import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { cpuOf, cpuOfTree, ownCpu, parseListed, parsePsTime, parseStat } from "./cpu.ts";

it("reads user and system time after a process name that looks like fields", () => {
  const stat = "7 (a) b 1 2) S 1 7 7 0 -1 4194560 900 0 0 0 150 25 3 4 20 0 11 0 100 9000 200";
  expect(parseStat(stat)).toBe(1750);
  expect(parseListed(stat)).toEqual({ pid: 7, parent: 1, cpuMs: 1820 });
  expect(() => parseStat("gone")).toThrow("gone");
});

it.each([
  ["0:01.23", 1230],
  ["12:05", 725_000],
  [" 1:00:00\n", 3_600_000],
  ["2-00:00:01", 172_801_000],
])("reads the time %s of ps", (text, ms) => {
  expect(parsePsTime(text)).toBeCloseTo(ms);
});

it("throws an error with the output of ps when it is not a time", () => {
  expect(() => parsePsTime("")).toThrow('""');
});

it("agrees with what the process measures itself", async () => {
  const before = [await cpuOf([process.pid]), ownCpu()] as const;
  const until = ownCpu() + 300;
  while (ownCpu() < until);
  const after = [await cpuOf([process.pid]), ownCpu()] as const;
  const [others, own] = [after[0] - before[0], after[1] - before[1]];
  expect(own).toBeGreaterThanOrEqual(300);
  // Ticks of 10 ms at start and end.
  expect(Math.abs(others - own)).toBeLessThan(50);
});

it("adds up a process, its child and what its child has waited for", async () => {
  const busy = "for ((n = 0; n < 200000; n++)); do :; done";
  // A process, a child that lives, and a grandchild that has exited.
  const inner = `bash -c '${busy}'; ${busy}; echo done; read`;
  const child = spawn("bash", ["-c", `bash -c "$0"; :`, inner], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.stdin.end();
  });
  await once(child.stdout, "data");
  const { pid = 0 } = child;
  const tree = await cpuOfTree(pid);
  expect(await cpuOf([pid])).toBeLessThan(50);
  expect(tree).toBeGreaterThan(100);
  await expect(cpuOfTree(0x7fffffff)).rejects.toThrow("has exited");
});
