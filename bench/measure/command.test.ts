import { expect, it } from "vitest";
import { commandCpu, parseTimes, versionOf } from "./command.ts";

it("reads bash's books of its children", () => {
  expect(parseTimes("0m0.001s 0m0.002s\n1m2.250s 0m0.050s\n")).toBeCloseTo(62_300);
  expect(() => parseTimes("")).toThrow('""');
});

it("counts what a command uses and not what it waits", async () => {
  const busy = "for ((n = 0; n < 300000; n++)); do :; done";
  expect(await commandCpu(["bash", "-c", busy])).toBeGreaterThan(
    (await commandCpu(["sleep", "0.3"])) + 50,
  );
});

it("fails with a command that fails", async () => {
  await expect(commandCpu(["false"])).rejects.toThrow();
});

it("knows what is not there", async () => {
  expect(await versionOf(["imagefleet-no-such-program"])).toBeUndefined();
  expect(await versionOf(["bash", "--version"])).toContain("bash");
});
