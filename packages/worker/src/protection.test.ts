import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { createLog } from "@imagefleet/core/telemetry";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TaskProtection } from "./protection.ts";

const GRANTED = (enabled: boolean) => ({
  protection: { ProtectionEnabled: enabled, TaskArn: "arn:aws:ecs:eu-west-1:1:task/fleet/1" },
});

/** ECS's agent, as it lives beside a task. */
let agent: Server;
let uri: string;
/** What the agent was told, and whoever waits for the next. */
let told: { path: string | undefined; body: unknown }[];
let heard: (() => void)[];
let answer: (enabled: boolean) => object;

beforeEach(async () => {
  told = [];
  heard = [];
  answer = GRANTED;
  agent = createServer(async (request, response) => {
    const body = await json(request);
    told.push({ path: `${request.method} ${request.url}`, body });
    const enabled = JSON.stringify(body).includes("true");
    response.end(JSON.stringify(answer(enabled)));
    for (const tell of heard.splice(0)) tell();
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

/** Resolves when the agent has been told so many things. */
async function tellings(count: number): Promise<void> {
  while (told.length < count) {
    await new Promise<void>((resolve) => heard.push(resolve));
  }
}

function protection(more: { lingerMs?: number; renewMs?: number } = {}) {
  return new TaskProtection({ agent: uri, log: createLog("test", "silent"), ...more });
}

const PROTECT = { ProtectionEnabled: true, ExpiresInMinutes: 30 };
const LET_GO = { ProtectionEnabled: false };

it("protects from the first job to the end of the last, and asks once for all", async () => {
  const task = protection({ lingerMs: 0 });
  const ends = [task.hold(), task.hold()];
  await tellings(1);
  ends.push(task.hold());
  for (const end of ends) end();
  await tellings(2);
  await task.end();
  const path = "PUT /api/4f2/task-protection/v1/state";
  expect(told).toEqual([
    { path, body: PROTECT },
    { path, body: LET_GO },
  ]);
});

it("stays protected between two messages", async () => {
  const task = protection({ lingerMs: 60_000 });
  task.hold()();
  task.hold()();
  await tellings(1);
  await task.end();
  expect(told.map(({ body }) => body)).toEqual([PROTECT]);
});

it("asks again while a long job goes on, before the protection ends", async () => {
  const task = protection({ renewMs: 1 });
  task.hold();
  await tellings(3);
  await task.end();
  expect(new Set(told.map(({ body }) => JSON.stringify(body)))).toEqual(
    new Set([JSON.stringify(PROTECT)]),
  );
});

it.each([
  ["refused", () => ({ failure: { Arn: "a", Reason: "DEPLOYMENT_BLOCKED" } })],
  ["throttled", () => ({ error: { Code: "ThrottlingException", Message: "slow down" } })],
  ["misunderstood", () => ({ message: "404" })],
])("is asked for again when it was %s", async (_how, first) => {
  answer = first;
  const task = protection({ renewMs: 1, lingerMs: 0 });
  const end = task.hold();
  await tellings(1);
  answer = GRANTED;
  await tellings(2);
  end();
  while (JSON.stringify(told.at(-1)?.body) !== JSON.stringify(LET_GO)) {
    await tellings(told.length + 1);
  }
  await task.end();
});

it("asks nobody where there is no agent", async () => {
  const task = new TaskProtection({ agent: undefined, log: createLog("test", "silent") });
  task.hold()();
  await task.end();
  expect(told).toEqual([]);
});
