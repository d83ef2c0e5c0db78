import { expect, it } from "vitest";
import { commandCpu, parseTimes, versionOf } from "./command.ts";

it("reads the times of bash's children", () => {
  expect(parseTimes("0m0.001s 0m0.002s\n1m2.250s 0m0.050s\n")).toBeCloseTo(62_300);
  expect(() => parseTimes("")).toThrow('""');
});

it("measures CPU time without waits", async () => {
  const busy = "for ((n = 0; n < 300000; n++)); do :; done";
  expect(await commandCpu(["bash", "-c", busy])).toBeGreaterThan(
    (await commandCpu(["sleep", "0.3"])) + 50,
  );
});

it("rejects when the command fails", async () => {
  await expect(commandCpu(["false"])).rejects.toThrow();
});

it("returns undefined for a program that is not installed", async () => {
  expect(await versionOf(["imagefleet-no-such-program"])).toBeUndefined();
  expect(await versionOf(["bash", "--version"])).toContain("bash");
});
