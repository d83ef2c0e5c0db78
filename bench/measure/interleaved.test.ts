import { expect, it } from "vitest";
import { interleaved } from "./interleaved.ts";

const signal = new AbortController().signal;

function counted(name: string, ms: number, log: string[]) {
  let cpu = 0;
  const once = async () => {
    log.push(name);
    cpu += ms;
  };
  return { once, cpu: () => cpu };
}

it("changes the order in every round, and returns ms of one run", async () => {
  const log: string[] = [];
  const contestants = new Map([
    ["a", counted("a", 3, log)],
    ["b", counted("b", 5, log)],
  ]);
  const found = await interleaved(contestants, { rounds: 2, times: 2, signal });
  expect(log.join("")).toBe("aaabbb" + "bbbaaa");
  expect([...found]).toEqual([
    ["a", [3, 3]],
    ["b", [5, 5]],
  ]);
});

it("runs a fresh contestant once in a turn, without a warm-up", async () => {
  const log: string[] = [];
  const contestants = new Map([["a", { ...counted("a", 3, log), fresh: true }]]);
  expect([...(await interleaved(contestants, { rounds: 2, times: 5, signal }))]).toEqual([
    ["a", [3, 3]],
  ]);
  expect(log.join("")).toBe("aa");
});

it("stops between turns", async () => {
  const contestants = new Map([["a", counted("a", 1, [])]]);
  const stopped = AbortSignal.abort(new Error("interrupted"));
  await expect(interleaved(contestants, { rounds: 1, times: 1, signal: stopped })).rejects.toThrow(
    "interrupted",
  );
});
