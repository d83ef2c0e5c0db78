import { expect, it } from "vitest";
import { Failure } from "../outcome/index.ts";
import { inTime } from "./in-time.ts";

const unchanged = { kind: "unchanged" } as const;
const timedOut = { kind: "failed", reason: "TimedOut", message: "the time ran out" } as const;
const late = new Failure("TimedOut", "the time ran out");

it("resolves with the abort's reason when a step does not end", async () => {
  const stop = new AbortController();
  const answer = inTime(new Promise(() => undefined), stop.signal);
  stop.abort(late);
  expect(await answer).toEqual(timedOut);
  expect(await inTime(new Promise(() => undefined), stop.signal)).toEqual(timedOut);
});

it("resolves with the job's own outcome when the job ends in time", async () => {
  const stop = new AbortController();
  const ended = Promise.withResolvers<typeof unchanged>();
  const answer = inTime(ended.promise, stop.signal);
  stop.abort(late);
  ended.resolve(unchanged);
  expect(await answer).toEqual(unchanged);
});

it("waits for the last step as long as the given pause", async () => {
  const stop = new AbortController();
  const pause = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<typeof unchanged>();
  const answers = [Promise.withResolvers<void>(), pause].map(({ promise }) =>
    inTime(ended.promise, stop.signal, () => promise),
  );
  stop.abort(late);
  pause.resolve();
  expect(await answers[1]).toEqual(timedOut);
  ended.resolve(unchanged);
  expect(await answers[0]).toEqual(unchanged);
});
