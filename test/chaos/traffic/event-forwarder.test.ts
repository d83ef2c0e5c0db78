import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Chance } from "../../model/chance.ts";
import { EventForwarder } from "./event-forwarder.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

async function queue(QueueName: string): Promise<string> {
  const { QueueUrl = "" } = await sandbox.sqs.send(new CreateQueueCommand({ QueueName }));
  return QueueUrl;
}

async function receive(QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await sandbox.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
  );
  return Messages.map(({ Body = "" }) => Body);
}

it("forwards every event, twice if configured, in another order", async () => {
  const [from, to] = [await queue("from"), await queue("to")];
  const keys = Array.from({ length: 60 }, (_, at) => `key ${at}`);
  for (let at = 0; at < keys.length; at += 10) {
    const Entries = keys.slice(at, at + 10).map((key, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify({ Records: [key] }),
    }));
    await sandbox.sqs.send(new SendMessageBatchCommand({ QueueUrl: from, Entries }));
  }
  const nonsense: string[] = [];
  const forwarder = new EventForwarder({
    sqs: sandbox.sqs,
    from,
    to,
    chance: new Chance(5),
    duplicates: 1,
    muchLaterSeconds: 2,
    onNonsense: (body) => nonsense.push(body),
  });
  const carried: string[] = [];
  let messages = 0;
  while (
    carried.length < keys.length * 2 ||
    messages < forwarder.sent.events * 2 + nonsense.length
  ) {
    for (const body of await receive(to)) {
      messages += 1;
      if (!nonsense.includes(body)) carried.push(...JSON.parse(body).Records);
    }
  }
  await forwarder.stop();
  expect(carried.toSorted()).toEqual([...keys, ...keys].toSorted());
  expect(carried.slice(0, keys.length)).not.toEqual(keys);
  // Some messages have two events.
  expect(forwarder.sent.events).toBeLessThan(keys.length);
  expect(forwarder.sent).toMatchObject({
    duplicates: forwarder.sent.events,
    nonsense: nonsense.length,
  });
  expect(forwarder.sent.late).toBeGreaterThan(0);
  expect(await receive(from)).toEqual([]);
});
