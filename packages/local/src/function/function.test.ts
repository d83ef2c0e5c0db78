import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { isAlive } from "./fixtures/alive.ts";
import { Latch } from "./fixtures/latch.ts";
import {
  type EnvironmentExit,
  type FunctionOptions,
  FunctionOptionsError,
  type InvokeResult,
  type LocalFunction,
  startFunction,
} from "./index.ts";

const MIB = 1024 * 1024;
const logged: string[] = [];
const exits: EnvironmentExit[] = [];

beforeEach(() => {
  logged.length = 0;
  exits.length = 0;
});

function start(exportName: string, changes: Partial<FunctionOptions> = {}): LocalFunction {
  const fn = startFunction({
    name: "under-test",
    handler: new URL("./fixtures/handlers.ts", import.meta.url),
    exportName,
    memoryBytes: 256 * MIB,
    timeoutMs: 15_000,
    environment: {},
    maximumConcurrency: 1,
    onLog: (line) => logged.push(line),
    onExit: (exit) => exits.push(exit),
    ...changes,
  });
  onTestFinished(() => fn.stop());
  return fn;
}

async function openLatch(): Promise<Latch> {
  const opened = await Latch.start();
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

function payloadOf(result: InvokeResult): unknown {
  expect(result.kind).toBe("returned");
  return result.kind === "returned" ? result.payload : undefined;
}

describe("environments", () => {
  test("one process runs successive invocations and imports the module once", async () => {
    const fn = start("echo", { maximumConcurrency: 3 });
    const first = payloadOf(await fn.invoke(1));
    const [pid] = fn.pids();
    expect(first).toEqual({ event: 1, pid, imported: 1, invoked: 1 });
    expect(payloadOf(await fn.invoke(2))).toEqual({ event: 2, pid, imported: 1, invoked: 2 });
    expect(fn.pids()).toEqual([pid]);
  });

  test("concurrent invocations reach the maximum, each in its own process, and never exceed it", async () => {
    const latch = await openLatch();
    const fn = start("atLatch", { maximumConcurrency: 2, environment: latch.environment });
    const results = ["a", "b", "c", "d", "e"].map((name) => fn.invoke({ name }));
    const seen: string[] = [];
    for (const size of [2, 2, 1]) {
      seen.push(...(await latch.arrived(size)));
      expect(fn.pids()).toHaveLength(2);
      latch.open();
    }
    expect((await Promise.all(results)).map(payloadOf)).toEqual(["a", "b", "c", "d", "e"]);
    expect(seen.sort()).toEqual(["a", "b", "c", "d", "e"]);
    expect(latch.most).toBe(2);
  });

  test("the handler has Lambda's and its own variables, and no others of this program", async () => {
    process.env["ONLY_THE_PARENT_KNOWS"] = "secret";
    onTestFinished(() => {
      delete process.env["ONLY_THE_PARENT_KNOWS"];
    });
    const fn = start("environment", { environment: { BUCKET: "photos", AWS_REGION: "eu-west-1" } });
    const seen = payloadOf(await fn.invoke({}));
    expect(seen).toMatchObject({
      BUCKET: "photos",
      PATH: process.env["PATH"],
      AWS_REGION: "eu-west-1",
      AWS_LAMBDA_FUNCTION_NAME: "under-test",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      _HANDLER: "handlers.environment",
    });
    const foreign = Object.keys(seen ?? {}).filter((name) => !/^(AWS_|LAMBDA_)/.test(name));
    const host = ["HOME", "PATH", "TMPDIR", "NODE_COMPILE_CACHE"];
    const allowed = [...host, "BUCKET", "LANG", "TZ", "_HANDLER"];
    expect(foreign.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test("the context is that of Lambda", async () => {
    const fn = start("context", { environment: { AWS_REGION: "eu-west-1" } });
    const seen = payloadOf(await fn.invoke({}));
    expect(seen).toEqual({
      awsRequestId: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      callbackWaitsForEmptyEventLoop: true,
      functionName: "under-test",
      functionVersion: "$LATEST",
      invokedFunctionArn: "arn:aws:lambda:eu-west-1:000000000000:function:under-test",
      logGroupName: "/aws/lambda/under-test",
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][\da-f]{32}$/),
      memoryLimitInMB: "256",
      remainingMs: expect.closeTo(15_000, -3),
    });
  });
});

describe("events and results are JSON", () => {
  test.each([
    ["a date becomes its text", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
    ["undefined becomes null", undefined, null],
    ["line ends and U+2028 stay inside", { text: "a\nb\u2028c\r\n" }, { text: "a\nb\u2028c\r\n" }],
    ["an event of 6 MB", "é".repeat(3_000_000), "é".repeat(3_000_000)],
  ])("%s", async (_name, event, seen) => {
    const fn = start("echo");
    expect(payloadOf(await fn.invoke(event))).toMatchObject({ event: seen });
  });

  test("a handler that returns nothing returns null", async () => {
    expect(payloadOf(await start("misbehave").invoke({ how: "nothing" }))).toBe("well");
    expect(payloadOf(await start("write").invoke({ text: "", to: "stdout" }))).toBe("written");
    expect(payloadOf(await start("nothing").invoke({}))).toBeNull();
  });

  test("an event that is not JSON is an error of the caller and starts no process", async () => {
    const fn = start("echo");
    await expect(fn.invoke({ n: 1n })).rejects.toThrow(TypeError);
    expect(fn.pids()).toEqual([]);
  });

  test.each([
    ["bigint", "Runtime.MarshalError"],
    ["circular", "Runtime.MarshalError"],
    ["huge", "Function.ResponseSizeTooLarge"],
  ])(
    "a result that cannot cross (%s) is a function error; the process goes on",
    async (how, errorType) => {
      const fn = start("misbehave");
      expect(await fn.invoke({ how })).toMatchObject({ kind: "threw", errorType });
      expect(payloadOf(await fn.invoke({ how: "nothing" }))).toBe("well");
      expect(exits).toEqual([]);
    },
  );

  test("a handler can neither send nor receive the runtime's messages", async () => {
    const fn = start("misbehave");
    expect(payloadOf(await fn.invoke({ how: "fd 3" }))).toBe("process.send is undefined");
    expect(logged).toEqual([expect.stringContaining("fd 3")]);
  });
});

describe("function errors", () => {
  test.each([
    ["throw", { errorType: "RangeError", message: "requested by the test" }],
    ["throw a string", { errorType: "string", message: "only a word" }],
  ])("%s: the process continues and its log has the error on one line", async (how, error) => {
    const fn = start("misbehave");
    expect(await fn.invoke({ how })).toMatchObject({ kind: "threw", ...error });
    expect(logged.filter((line) => line.includes("Invoke Error"))).toHaveLength(1);
    expect(payloadOf(await fn.invoke({ how: "nothing" }))).toBe("well");
    expect(exits).toEqual([]);
  });

  test.each([
    ["exit", 3],
    ["uncaught", 129],
    ["unhandled", 128],
  ])("%s: only that process ends, and the next invocation has a new one", async (how, code) => {
    const fn = start("misbehave");
    await fn.invoke({ how: "nothing" });
    const [pid] = fn.pids();
    expect(await fn.invoke({ how })).toMatchObject({ kind: "crashed", code, signal: null });
    expect(exits).toEqual([{ pid, why: "crash", code, signal: null }]);
    expect(fn.pids()).toEqual([]);
    expect(payloadOf(await fn.invoke({ how: "nothing" }))).toBe("well");
    expect(fn.pids()).not.toContain(pid);
  });

  test("a killed process ends only its own invocation", async () => {
    const latch = await openLatch();
    const fn = start("atLatch", { maximumConcurrency: 2, environment: latch.environment });
    const first = fn.invoke({ name: "victim" });
    await latch.arrived(1);
    const [victim] = fn.pids();
    const second = fn.invoke({ name: "survivor" });
    await latch.arrived(2);
    process.kill(victim ?? 0, "SIGKILL");
    expect(await first).toMatchObject({ kind: "crashed", code: null, signal: "SIGKILL" });
    expect(await latch.arrived(1)).toEqual(["survivor"]);
    latch.open();
    expect(payloadOf(await second)).toBe("survivor");
  });

  test("an idle process that is killed is replaced", async () => {
    const fn = start("echo");
    await fn.invoke(1);
    const [pid] = fn.pids();
    process.kill(pid ?? 0, "SIGKILL");
    await expect.poll(() => fn.pids()).toEqual([]);
    expect(payloadOf(await fn.invoke(2))).toMatchObject({ event: 2, invoked: 1 });
    expect(exits).toMatchObject([{ pid, why: "crash", signal: "SIGKILL" }]);
  });

  test.each(["spin", "never"])("a timeout (%s) kills only that process", async (how) => {
    const fn = start("misbehave", { maximumConcurrency: 2, timeoutMs: 700 });
    const warm = fn.invoke({ how: "nothing" });
    const late = fn.invoke({ how });
    expect(payloadOf(await warm)).toBe("well");
    const result = await late;
    expect(result.kind).toBe("timedOut");
    expect(result.ms).toBeGreaterThanOrEqual(700);
    expect(exits).toMatchObject([{ why: "timeout", signal: "SIGKILL" }]);
    expect(fn.pids()).toHaveLength(1);
  });

  test.each(["grow", "peak", "report memory"])(
    "memory over the limit (%s) kills only that process",
    async (how) => {
      const fn = start("misbehave", { maximumConcurrency: 2 });
      const warm = fn.invoke({ how: "nothing" });
      const greedy = fn.invoke({ how });
      expect(payloadOf(await warm)).toBe("well");
      expect(await greedy).toMatchObject({ kind: "outOfMemory" });
      expect(exits).toMatchObject([{ why: "memory", signal: "SIGKILL" }]);
      expect(fn.pids()).toHaveLength(1);
    },
  );
});

describe("a module without a handler", () => {
  const missing = new URL("./fixtures/no-such-module.ts", import.meta.url);
  const nowhere = new URL("./no-such-folder/handler.ts", import.meta.url);
  const broken = new URL("./fixtures/broken-import.ts", import.meta.url);

  test.each([
    ["a missing module", { handler: missing }, "Runtime.ImportModuleError", "no-such-module"],
    ["a missing folder", { handler: nowhere }, "Runtime.ImportModuleError", "no-such-folder"],
    ["a module that throws", { handler: broken }, "EvalError", "the module itself throws"],
    ["no such export", { exportName: "absent" }, "Runtime.HandlerNotFound", "absent is undefined"],
    ["no function", { exportName: "notAFunction" }, "Runtime.HandlerNotFound", "not a function"],
    ["a callback", { exportName: "withCallback" }, "Runtime.CallbackHandlerDeprecated", "async"],
  ])("%s", async (_name, changes, errorType, message) => {
    const fn = start("echo", changes);
    for (const tries of [1, 2]) {
      expect(await fn.invoke({})).toMatchObject({
        kind: "threw",
        errorType,
        message: expect.stringContaining(message),
      });
      // One process per invocation: no process restarts by itself.
      expect(exits).toHaveLength(tries);
      expect(fn.pids()).toEqual([]);
    }
  });
});

describe("output", () => {
  test("the lines of both streams arrive before the result of their invocation", async () => {
    const fn = start("write");
    for (let round = 0; round < 50; round += 1) {
      const to = round % 2 === 0 ? "stdout" : "stderr";
      await fn.invoke({ text: `${to} ${round}\nübrig\n`, to });
      expect(logged.splice(0)).toEqual([`${to} ${round}`, "übrig"]);
    }
  });

  test("output larger than a pipe's buffer arrives before the result", async () => {
    const fn = start("write");
    for (const to of ["stdout", "stderr"]) {
      await fn.invoke({ text: `${"x".repeat(900_000)}\n`.repeat(4), to });
      expect(logged.splice(0).map((line) => line.length)).toEqual([
        900_000, 900_000, 900_000, 900_000,
      ]);
    }
  });

  test("the last output of a crash arrives before its result", async () => {
    const fn = start("misbehave");
    await fn.invoke({ how: "uncaught" });
    expect(logged).toEqual([expect.stringContaining("Uncaught Exception")]);
    expect(logged[0]).toContain("thrown later");
  });
});

describe("stop", () => {
  test("finishes running and waiting invocations, then leaves no process", async () => {
    const latch = await openLatch();
    const fn = start("atLatch", { maximumConcurrency: 1, environment: latch.environment });
    const inFlight = fn.invoke({ name: "in flight" });
    const waiting = fn.invoke({ name: "waiting" });
    await latch.arrived(1);
    const [pid] = fn.pids();
    const stopped = fn.stop();
    await expect(fn.invoke({ name: "late" })).rejects.toThrow("is stopped");
    latch.open();
    expect(payloadOf(await inFlight)).toBe("in flight");
    await latch.arrived(1);
    latch.open();
    expect(payloadOf(await waiting)).toBe("waiting");
    await stopped;
    expect(fn.pids()).toEqual([]);
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(exits).toMatchObject([{ pid, why: "stopped" }]);
    await fn.stop();
  });

  test("signals to the whole program do not end an invocation", async () => {
    const latch = await openLatch();
    const fn = start("atLatch", { environment: latch.environment });
    const inFlight = fn.invoke({ name: "steady" });
    await latch.arrived(1);
    for (const pid of fn.pids()) {
      process.kill(pid, "SIGINT");
      process.kill(pid, "SIGTERM");
      // Its own process group: the terminal's signals do not reach it.
      expect(() => process.kill(-pid, 0)).not.toThrow();
    }
    latch.open();
    expect(payloadOf(await inFlight)).toBe("steady");
  });
});

test.each([
  [{ name: "no spaces" }, 'name is "no spaces"'],
  [{ memoryBytes: 64 * MIB }, "memoryBytes is 67108864"],
  [{ timeoutMs: 0 }, "timeoutMs is 0"],
  [{ timeoutMs: 900_001 }, "timeoutMs is 900001"],
  [{ maximumConcurrency: 1.5 }, "maximumConcurrency is 1.5"],
])("options that cannot work are rejected: %o", (changes, message) => {
  expect(() => start("echo", changes)).toThrow(FunctionOptionsError);
  expect(() => start("echo", changes)).toThrow(message);
});
