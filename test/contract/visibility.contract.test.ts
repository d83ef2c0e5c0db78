import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup, type Queue } from "./setup.ts";

const setup = await openSetup();

async function received(VisibilityTimeout: number): Promise<{ queue: Queue; message: Message }> {
  const queue = await setup.queue();
  await setup.send(queue, "x");
  const [message] = await setup.receive(queue, { VisibilityTimeout, WaitTimeSeconds: 1 });
  if (message === undefined) throw new Error("no message was received");
  return { queue, message };
}

const change = ({ url }: Queue, { ReceiptHandle }: Message, VisibilityTimeout: number) =>
  setup.sqs.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }),
  );
const remove = ({ url }: Queue, { ReceiptHandle }: Message) =>
  setup.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));

promise("a received message is hidden until its visibility timeout ends", async () => {
  const { queue, message } = await received(1);
  expect(await setup.receive(queue)).toEqual([]);
  const [again] = await setup.receive(queue, { WaitTimeSeconds: 5 });
  expect(again?.MessageId).toBe(message.MessageId);
  expect(again?.ReceiptHandle).not.toBe(message.ReceiptHandle);
  expect(again?.Attributes?.ApproximateReceiveCount).toBe("2");
});

promise("the queue's visibility timeout is the default", async () => {
  const queue = await setup.queue({ VisibilityTimeout: "1" });
  await setup.send(queue, "x");
  await setup.receive(queue, { WaitTimeSeconds: 1 });
  expect(await setup.receive(queue)).toEqual([]);
  expect(await setup.receive(queue, { WaitTimeSeconds: 5 })).toHaveLength(1);
});

promise("an extended lease lasts beyond its first end", async () => {
  const { queue, message } = await received(1);
  const endsAt = Date.now() + 3000;
  await change(queue, message, 3);
  expect(await setup.receive(queue, { WaitTimeSeconds: 2 })).toEqual([]);
  const [again] = await setup.receive(queue, { WaitTimeSeconds: 5 });
  expect(again?.MessageId).toBe(message.MessageId);
  expect(Date.now()).toBeGreaterThanOrEqual(endsAt - 20);
});

promise("visibility 0 releases a message at once, and its receive is counted", async () => {
  const { queue, message } = await received(60);
  await change(queue, message, 0);
  const [again] = await setup.receive(queue, { WaitTimeSeconds: 5 });
  expect(again?.MessageId).toBe(message.MessageId);
  expect(again?.Attributes?.ApproximateReceiveCount).toBe("2");
});

promise("leases are extended and released in batches", async () => {
  const { queue, message } = await received(60);
  const Entries = [{ Id: "a", ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 }];
  const changed = await setup.sqs.send(
    new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries }),
  );
  expect(changed.Successful?.map(({ Id }) => Id)).toEqual(["a"]);
  expect(await setup.receive(queue, { WaitTimeSeconds: 5 })).toHaveLength(1);
});

promise("the visibility of a deleted message cannot be changed", async () => {
  const { queue, message } = await received(60);
  await remove(queue, message);
  expect((await errorOf(change(queue, message, 10))).status).toBe(400);
});

promise("a visibility over twelve hours is rejected", async () => {
  const { queue, message } = await received(60);
  expect((await errorOf(change(queue, message, 43_201))).name).toBe("InvalidParameterValue");
});

promise("an old receipt handle deletes a message that was not received again", async () => {
  const { queue, message } = await received(1);
  await change(queue, message, 0);
  await remove(queue, message);
  expect(await setup.receive(queue, { WaitTimeSeconds: 1 })).toEqual([]);
});

promise("an old receipt handle does not delete a message that was received again", async () => {
  const { queue, message } = await received(60);
  await change(queue, message, 0);
  const [again] = await setup.receive(queue, { VisibilityTimeout: 1, WaitTimeSeconds: 5 });
  await remove(queue, message);
  const [third] = await setup.receive(queue, { WaitTimeSeconds: 5 });
  expect(third?.MessageId).toBe(again?.MessageId);
});
