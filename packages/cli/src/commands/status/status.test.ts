import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cli, run } from "../../fixtures/cli.ts";
import { putDeadLetters, takeAll } from "../dlq/fixtures/dead-letters.ts";
import { perSecond } from "./snapshot.ts";

describe("status", () => {
  let sandbox: Sandbox;
  let cli: Cli | undefined;
  beforeEach(async () => {
    sandbox = await startSandbox();
  });
  afterEach(async () => {
    cli?.kill();
    await sandbox.close();
  });

  it("reports lanes and reasons, once or as a line per update until Ctrl-C", async () => {
    await takeAll(sandbox, sandbox.resources.lanes.small.url);
    await putDeadLetters(sandbox, [
      { key: "a.jpg", reason: "Crashed" },
      { key: "b.tif", reason: "TimedOut", lane: "large" },
    ]);
    const at = ["--endpoint", sandbox.endpoint, "--data", sandbox.folder];
    const once = await run(["status", "--json", ...at], { cwd: sandbox.folder });
    expect(JSON.parse(once.stdout)).toMatchObject({
      version: 1,
      lanes: {
        small: { waiting: 0, inFlight: 0, perSecond: null },
        large: { waiting: 0, inFlight: 0 },
      },
      deadLetters: { small: 1, large: 1 },
      reasons: [{ deadLetters: 1 }, { deadLetters: 1 }],
    });
    cli = new Cli(["status", "--watch", "--every", "1", ...at], { cwd: sandbox.folder });
    await cli.line(/small lane: 0 waiting, 0 in flight, 1 dead letter/);
    cli.signal("SIGINT");
    expect((await cli.ended()).code).toBe(0);
    expect((await takeAll(sandbox, sandbox.resources.lanes.small.deadLetters)).keys).toEqual([
      "a.jpg",
    ]);
  });
});

it("computes a trend from samples that are far enough apart", () => {
  expect(perSecond([{ at: 0, messages: 9 }])).toBeUndefined();
  expect(
    perSecond([
      { at: 0, messages: 9 },
      { at: 100, messages: 0 },
    ]),
  ).toBeUndefined();
  expect(
    perSecond([
      { at: 0, messages: 90 },
      { at: 500, messages: 50 },
      { at: 2_000, messages: 50 },
    ]),
  ).toBe(-20);
});
