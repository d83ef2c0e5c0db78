import { expect, it } from "vitest";
import { JobTally } from "./job-tally.ts";

function line(outcome: string): string {
  const job = { bucket: "b", key: "k", lane: "small", receiveCount: 1, ms: 1 };
  return JSON.stringify({ ...job, outcome, msg: "job" });
}

it("counts rendered jobs, and starts again after each check", () => {
  const tally = new JobTally();
  tally.add(line("rendered"));
  tally.add(line("rendered"));
  tally.settle(2);
  expect(() => tally.settle(2)).toThrow("0 of 2 photos were rendered");
});

it("refuses a round with a photo that was not rendered", () => {
  const tally = new JobTally();
  tally.add(line("rendered"));
  tally.add(line("unchanged"));
  expect(() => tally.settle(2)).toThrow(
    /1 of 2 photos were rendered; the last other line: .*unchanged/,
  );
});

it("refuses a round with any other log line", () => {
  const tally = new JobTally();
  tally.add(line("rendered"));
  tally.add("Warning: something is deprecated");
  expect(() => tally.settle(1)).toThrow("Warning: something is deprecated");
});
