import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createLog } from "@imagefleet/core/telemetry";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { memoryLimitBytes } from "./memory.ts";

const MIB = 2 ** 20;
const log = createLog("test", "silent");

/** The metadata endpoint of ECS. */
let endpoint: Server;
let metadata: string;
let answer: { readonly status: number; readonly body: string };
let asked: string[];
const warn = vi.spyOn(log, "warn");

beforeEach(async () => {
  asked = [];
  warn.mockClear();
  endpoint = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(answer.status).end(answer.body);
  });
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  const address = endpoint.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  metadata = `http://127.0.0.1:${address.port}/v4/cd18-2495`;
});
afterEach(async () => {
  endpoint.closeAllConnections();
  await new Promise((resolve) => endpoint.close(resolve));
});

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-examples.html */
function task(Memory: number): string {
  return JSON.stringify({ Family: "worker", Limits: { CPU: 2, Memory }, LaunchType: "FARGATE" });
}

/** The memory of the container and the machine, without ECS. */
function withoutTask(): Promise<number> {
  return memoryLimitBytes({ metadata: undefined, log });
}

it("is the task's memory, if that is the least", async () => {
  answer = { status: 200, body: task(64) };
  expect(await memoryLimitBytes({ metadata, log })).toBe(64 * MIB);
  expect(asked).toEqual(["GET /v4/cd18-2495/task"]);
  expect(warn).not.toHaveBeenCalled();
});

it("is the container's or the machine's memory, if the task has more", async () => {
  answer = { status: 200, body: task(2 ** 30) };
  expect(await memoryLimitBytes({ metadata, log })).toBe(await withoutTask());
  expect(warn).not.toHaveBeenCalled();
});

it("is the container's or the machine's memory outside of a task", async () => {
  expect(await withoutTask()).toBeGreaterThan(0);
  expect(asked).toEqual([]);
  expect(warn).not.toHaveBeenCalled();
});

it.each([
  ["an error with a valid body", 500, task(64), /\/task answered 500$/],
  ["that the task is unknown", 404, "404 page not found", /\/task answered 404$/],
  ["text that is not JSON", 200, "<html>", /JSON/],
  ["a task without limits", 200, '{"Family": "worker"}', /"Limits"/],
  ["no memory", 200, task(0), />=1/],
])(
  "is the container's or the machine's memory, with a warning, when ECS answers %s",
  async (_what, status, body, why) => {
    answer = { status, body };
    expect(await memoryLimitBytes({ metadata, log })).toBe(await withoutTask());
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      { err: expect.objectContaining({ message: expect.stringMatching(why) }) },
      "ECS does not report the task's memory: the container's own limit is used",
    );
  },
);

it("is the container's or the machine's memory, with a warning, when the endpoint does not answer", async () => {
  const closed = metadata;
  await new Promise((resolve) => endpoint.close(resolve));
  expect(await memoryLimitBytes({ metadata: closed, log })).toBe(await withoutTask());
  expect(warn).toHaveBeenCalledOnce();
});
