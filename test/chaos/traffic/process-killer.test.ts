import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Chance } from "../../model/chance.ts";
import { ProcessKiller } from "./process-killer.ts";

let sleeper: ChildProcess;
beforeEach(() => {
  sleeper = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
});
afterEach(() => void sleeper.kill("SIGKILL"));

const fleet = () => {
  const pids = sleeper.pid === undefined ? [] : [sleeper.pid];
  return { processes: () => ({ functions: [], deliver: [], catalog: [], workers: pids }) };
};

it("kills processes and counts the kills", async () => {
  const processKiller = new ProcessKiller({
    fleet: fleet(),
    chance: new Chance(1),
    kills: 0.02,
    pauses: 0,
    longestPause: 1,
  });
  const [, signal] = await once(sleeper, "exit");
  await processKiller.stop();
  expect(signal).toBe("SIGKILL");
  expect(processKiller.counts.workers).toBeGreaterThan(0);
  expect(processKiller.counts.functions).toBe(0);
});

/** The letter of the process's state: `T` while it stands still. */
async function state(): Promise<string | undefined> {
  const stat = await readFile(`/proc/${sleeper.pid}/stat`, "utf8");
  return stat.split(") ")[1]?.[0];
}

it.runIf(process.platform === "linux")("pauses, and lets go on at its stop", async () => {
  const processKiller = new ProcessKiller({
    fleet: fleet(),
    chance: new Chance(1),
    kills: 0,
    pauses: 0.02,
    longestPause: 60,
  });
  await expect.poll(state).toBe("T");
  await processKiller.stop();
  await expect.poll(state).not.toBe("T");
  expect(processKiller.counts).toEqual({ functions: 0, workers: 0, paused: 1 });
});
