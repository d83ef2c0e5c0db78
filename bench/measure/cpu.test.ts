import { expect, it } from "vitest";
import { cpuOf, ownCpu, parsePsTime, parseStat } from "./cpu.ts";

it("reads user and system time after a process name that looks like fields", () => {
  const stat = "7 (a) b 1 2) S 1 7 7 0 -1 4194560 900 0 0 0 150 25 3 4 20 0 11 0 100 9000 200";
  expect(parseStat(stat)).toBe(1750);
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
