import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Call } from "@imagefleet/local/fault-proxy";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Chance } from "../../model/chance.ts";
import { CallKiller } from "./call-killer.ts";

let sleeper: ChildProcess;
beforeEach(() => {
  sleeper = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
});
afterEach(() => void sleeper.kill("SIGKILL"));

const publish: Call = { service: "sns", operation: "Publish", path: "/" };
const signedBy = (signer: string) => ({
  headers: { authorization: `AWS4-HMAC-SHA256 Credential=${signer}/20261127/x` },
  url: "/",
});

function killer(share: number): CallKiller {
  return new CallKiller({
    processes: () => [sleeper.pid ?? 0, 2 ** 22 + 1],
    after: ({ operation }, signer) => operation === "Publish" && signer === "catalog",
    chance: new Chance(1),
    share,
  });
}

it("kills after a call that was answered, and not before", async () => {
  const always = killer(1);
  const read = () => Promise.resolve("");
  const put: Call = { ...publish, operation: "PutObject" };
  expect(await always.follow(put, signedBy("catalog"), read)).toBeUndefined();
  expect(await always.follow(publish, signedBy("worker"), read)).toBeUndefined();
  expect(await killer(0).follow(publish, signedBy("catalog"), read)).toBeUndefined();

  const onAnswer = await always.follow(publish, signedBy("catalog"), read);
  onAnswer?.(500);
  onAnswer?.(undefined);
  expect([always.kills, sleeper.killed, sleeper.signalCode]).toEqual([0, false, null]);
  const exit = once(sleeper, "exit");
  onAnswer?.(200);
  expect(await exit).toEqual([null, "SIGKILL"]);
  expect(always.kills).toBe(1);
});
