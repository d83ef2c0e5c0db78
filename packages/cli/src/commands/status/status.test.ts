import { FaultProxy } from "@imagefleet/local/fault-proxy";
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
      state: "attention",
      sentence: "2 dead letters, the most common reason is Crashed.",
      lanes: {
        small: {
          waiting: 0,
          inFlight: 0,
          perSecond: null,
          oldestSeconds: 0,
          emptyInSeconds: 0,
        },
        large: { waiting: 0, inFlight: 0 },
      },
      deadLetters: { small: 1, large: 1 },
      reasons: [{ deadLetters: 1 }, { deadLetters: 1 }],
    });
    cli = new Cli(["status", "--watch", "--every", "1", ...at], { cwd: sandbox.folder });
    await cli.line(
      /^2 dead letters, .*Crashed\. small lane: 0 waiting, 0 in flight, 1 dead letter/,
    );
    cli.signal("SIGINT");
    expect((await cli.ended()).code).toBe(0);
    expect((await takeAll(sandbox, sandbox.resources.lanes.small.deadLetters)).keys).toEqual([
      "a.jpg",
    ]);
  });

  it("--watch goes on when an update fails, but not when the first does", async () => {
    await using proxy = await FaultProxy.start(sandbox.endpoint, () => undefined);
    const at = ["--endpoint", proxy.endpoint, "--data", sandbox.folder, "--every", "1"];
    const watch = ["status", "--watch", ...at];
    cli = new Cli([...watch, "--json"], { cwd: sandbox.folder });
    expect(JSON.parse(await cli.line(/"state"/))).toMatchObject({ version: 1, state: "busy" });
    proxy.decide = () => ({ kind: "reset" });
    const failed: unknown = JSON.parse(await cli.line(/"error"/));
    expect(failed).toEqual({
      version: 1,
      at: expect.stringMatching(/^2\d{3}-.*Z$/),
      error: expect.stringContaining("could not count"),
    });
    expect((await run(watch, { cwd: sandbox.folder })).code).toBe(1);
    proxy.decide = () => undefined;
    await takeAll(sandbox, sandbox.resources.lanes.small.url);
    await cli.line(/"state":"well"/);
    cli.signal("SIGINT");
    expect(await cli.ended()).toMatchObject({ code: 0, stderr: "" });
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
