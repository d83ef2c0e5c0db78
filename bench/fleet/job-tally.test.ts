import { expect, it } from "vitest";
import { JobTally } from "./job-tally.ts";

function line(outcome: string): string {
  const job = { bucket: "b", key: "k", lane: "small", receiveCount: 1, ms: 1 };
  return JSON.stringify({ ...job, outcome, msg: "job" });
}

it("counts renders, and starts again", () => {
  const tally = new JobTally();
  tally.hear(line("rendered"));
  tally.hear(line("rendered"));
  tally.settle(2);
  expect(() => tally.settle(2)).toThrow("0 of 2 photos were rendered");
});

it("takes a photo that was not rendered for a spoilt round", () => {
  const tally = new JobTally();
  tally.hear(line("rendered"));
  tally.hear(line("unchanged"));
  expect(() => tally.settle(2)).toThrow(/1 of 2 photos were rendered; it said: .*unchanged/);
});

it("takes anything else that the function says for one too", () => {
  const tally = new JobTally();
  tally.hear(line("rendered"));
  tally.hear("Warning: something is deprecated");
  expect(() => tally.settle(1)).toThrow("Warning: something is deprecated");
});
