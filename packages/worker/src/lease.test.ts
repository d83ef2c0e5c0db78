import { Queue, type ReceivedMessage } from "@imagefleet/core/queue";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Lease } from "./lease.ts";

let sandbox: Sandbox;
let queue: Queue;
let message: ReceivedMessage;

beforeAll(async () => {
  sandbox = await startSandbox({ small: 1, large: 1 });
  queue = new Queue(sandbox.sqs, sandbox.resources.lanes.large.url);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await queue.send({ body: "{}" });
  const [received] = await queue.receive({ max: 1, waitSeconds: 5 });
  if (received === undefined) throw new Error("no message was received");
  message = received;
});

it("hides the message beyond its visibility timeout, until it ends", async () => {
  const lease = new Lease(queue, message, 1);
  expect(await queue.receive({ max: 1, waitSeconds: 3 })).toEqual([]);
  expect(lease.signal.aborted).toBe(false);
  await lease.end();
  const [again] = await queue.receive({ max: 1, waitSeconds: 5 });
  expect(again).toMatchObject({ id: message.id, receiveCount: 2 });
  if (again) await queue.delete(again);
});

it("aborts only its own job when it cannot be extended", async () => {
  const inFlight = new Lease(queue, message, 1);
  const nowhere = new Queue(sandbox.sqs, `${sandbox.endpoint}/000000000000/no-such-queue`);
  const lost = new Lease(nowhere, message, 1);
  await new Promise((resolve) => lost.signal.addEventListener("abort", resolve));
  expect(lost.signal.reason).toMatchObject({ name: "Failure", reason: "StoreUnavailable" });
  expect(inFlight.signal.aborted).toBe(false);
  await Promise.all([lost.end(), inFlight.end()]);
  await queue.delete(message);
});
