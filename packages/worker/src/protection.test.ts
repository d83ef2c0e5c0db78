import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { createLog } from "@imagefleet/core/telemetry";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TaskProtection } from "./protection.ts";

const GRANTED = (enabled: boolean) => ({
  protection: { ProtectionEnabled: enabled, TaskArn: "arn:aws:ecs:eu-west-1:1:task/fleet/1" },
});

/** The agent of ECS. */
let agent: Server;
let uri: string;
/** The requests to the agent, and what waits for the next one. */
let requests: { path: string | undefined; body: unknown }[];
let listeners: (() => void)[];
let answer: (enabled: boolean) => object;

beforeEach(async () => {
  requests = [];
  listeners = [];
  answer = GRANTED;
  agent = createServer(async (request, response) => {
    const body = await json(request);
    requests.push({ path: `${request.method} ${request.url}`, body });
    const enabled = JSON.stringify(body).includes("true");
    response.end(JSON.stringify(answer(enabled)));
    for (const notify of listeners.splice(0)) notify();
  });
  agent.listen(0, "127.0.0.1");
  await once(agent, "listening");
  const address = agent.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  uri = `http://127.0.0.1:${address.port}/api/4f2`;
});
afterEach(() => {
  agent.closeAllConnections();
  agent.close();
});

/** Resolves when the agent has received so many requests. */
async function requested(count: number): Promise<void> {
  while (requests.length < count) {
    await new Promise<void>((resolve) => listeners.push(resolve));
  }
}

function protection(more: { lingerMs?: number; renewMs?: number } = {}) {
  return new TaskProtection({ agent: uri, log: createLog("test", "silent"), ...more });
}

const PROTECT = { ProtectionEnabled: true, ExpiresInMinutes: 30 };
const UNPROTECT = { ProtectionEnabled: false };

it("protects the task from the first job to the end of the last, with one request each", async () => {
  const task = protection({ lingerMs: 0 });
  const ends = [task.hold(), task.hold()];
  await requested(1);
  ends.push(task.hold());
  for (const end of ends) end();
  await requested(2);
  await task.end();
  const path = "PUT /api/4f2/task-protection/v1/state";
  expect(requests).toEqual([
    { path, body: PROTECT },
    { path, body: UNPROTECT },
  ]);
});

it("keeps the protection between two messages", async () => {
  const task = protection({ lingerMs: 60_000 });
  task.hold()();
  task.hold()();
  await requested(1);
  await task.end();
  expect(requests.map(({ body }) => body)).toEqual([PROTECT]);
});

it("renews the protection during a long job, before it expires", async () => {
  const task = protection({ renewMs: 1 });
  task.hold();
  await requested(3);
  await task.end();
  expect(new Set(requests.map(({ body }) => JSON.stringify(body)))).toEqual(
    new Set([JSON.stringify(PROTECT)]),
  );
});

it.each([
  ["refused", () => ({ failure: { Arn: "a", Reason: "DEPLOYMENT_BLOCKED" } })],
  ["throttled", () => ({ error: { Code: "ThrottlingException", Message: "slow down" } })],
  ["misunderstood", () => ({ message: "404" })],
])("repeats a request that was %s", async (_how, first) => {
  answer = first;
  const task = protection({ renewMs: 1, lingerMs: 0 });
  const end = task.hold();
  await requested(1);
  answer = GRANTED;
  await requested(2);
  end();
  while (JSON.stringify(requests.at(-1)?.body) !== JSON.stringify(UNPROTECT)) {
    await requested(requests.length + 1);
  }
  await task.end();
});

it("sends no request without an agent", async () => {
  const task = new TaskProtection({ agent: undefined, log: createLog("test", "silent") });
  task.hold()();
  await task.end();
  expect(requests).toEqual([]);
});
