import { spawn } from "node:child_process";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { onLines } from "../../lines/index.ts";
import { type Launch, parseReply, type Reply } from "../protocol.ts";

const launch: Launch = {
  handler: new URL("../fixtures/handlers.ts", import.meta.url).href,
  exportName: "echo",
  identity: {
    functionName: "bare",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:bare",
    memoryLimitInMB: "256",
    logGroupName: "/aws/lambda/bare",
    logStreamName: "stream",
  },
  reportMemory: true,
  hasGlobal: true,
};

/** A handler process without its usual parent. */
function run(): { replies: (Reply | undefined)[]; channel: Duplex; ended: Promise<unknown[]> } {
  const program = fileURLToPath(new URL("./main.ts", import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(launch)], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const channel = child.stdio[3];
  if (!(channel instanceof Duplex)) throw new Error("no channel");
  const replies: (Reply | undefined)[] = [];
  onLines(channel, 1_000_000, (line) => replies.push(parseReply(line)));
  return { replies, channel, ended: once(child, "exit") };
}

test("reports that it is ready, and its memory if requested", async () => {
  const { replies } = run();
  const plausible = expect.objectContaining({ kind: "memory", bytes: expect.any(Number) });
  await expect.poll(() => replies, { timeout: 10_000 }).toContainEqual({ kind: "ready" });
  await expect.poll(() => replies, { timeout: 10_000 }).toContainEqual(plausible);
  const bytes = replies.flatMap((reply) => (reply?.kind === "memory" ? [reply.bytes] : []));
  expect(Math.min(...bytes)).toBeGreaterThan(10_000_000);
  expect(Math.max(...bytes)).toBeLessThan(1_000_000_000);
});

test("ends when its channel closes", async () => {
  const { replies, channel, ended } = run();
  await expect.poll(() => replies, { timeout: 10_000 }).toContainEqual({ kind: "ready" });
  channel.end();
  expect(await ended).toEqual([null, "SIGKILL"]);
});
