import { type Message, SendMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openWorld, type Queue, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const policy = (deadLetterTargetArn: string, maxReceiveCount: number | string) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
});

async function lane(maxReceiveCount: number): Promise<{ queue: Queue; letters: Queue }> {
  const letters = await world.queue();
  const queue = await world.queue({
    VisibilityTimeout: "0",
    ...policy(letters.arn, maxReceiveCount),
  });
  return { queue, letters };
}

async function exhaust(queue: Queue, times: number): Promise<Message[]> {
  const received: Message[] = [];
  for (let i = 0; i < times; i++) {
    received.push(...(await world.receive(queue, { WaitTimeSeconds: 2 })));
  }
  return received;
}

promise(
  "a message is received maxReceiveCount times, then found in the dead-letter queue",
  async () => {
    const { queue, letters } = await lane(2);
    const text = { DataType: "String", StringValue: "kept" };
    const sent = await world.sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: "poison",
        MessageAttributes: { text },
      }),
    );
    const counts = (await exhaust(queue, 2)).map((one) => one.Attributes?.ApproximateReceiveCount);
    expect(counts).toEqual(["1", "2"]);
    expect(await world.receive(queue, { WaitTimeSeconds: 1 })).toEqual([]);
    const [letter] = await world.receive(letters, {
      WaitTimeSeconds: 5,
      MessageAttributeNames: ["All"],
    });
    expect(letter).toMatchObject({
      MessageId: sent.MessageId,
      Body: "poison",
      MessageAttributes: { text },
    });
  },
);

promise("a dead letter keeps when it was sent, and its count goes on", async () => {
  const { queue, letters } = await lane(2);
  await world.send(queue, "poison");
  const [first] = await exhaust(queue, 2);
  await world.receive(queue, { WaitTimeSeconds: 1 });
  const [letter] = await world.receive(letters, { WaitTimeSeconds: 5 });
  expect(letter?.Attributes).toMatchObject({
    SentTimestamp: first?.Attributes?.SentTimestamp,
    ApproximateReceiveCount: "3",
  });
});

promise("good messages pass a poisoned one", async () => {
  const { queue, letters } = await lane(1);
  await world.send(queue, "poison");
  await exhaust(queue, 1);
  await world.send(queue, "good");
  const [next] = await world.receive(queue, { MaxNumberOfMessages: 1, WaitTimeSeconds: 5 });
  expect(next?.Body).toBe("good");
  expect((await world.receive(letters, { WaitTimeSeconds: 5 }))[0]?.Body).toBe("poison");
});

promise("a redrive policy can be set on a queue later", async () => {
  const [queue, letters] = [await world.queue({ VisibilityTimeout: "0" }), await world.queue()];
  const Attributes = policy(letters.arn, "1");
  await world.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));
  await world.send(queue, "poison");
  await exhaust(queue, 1);
  expect(await world.receive(queue, { WaitTimeSeconds: 1 })).toEqual([]);
  expect(await world.receive(letters, { WaitTimeSeconds: 5 })).toHaveLength(1);
});

promise("a redrive policy that names no queue is refused", async () => {
  const { url, arn } = await world.queue();
  const Attributes = policy(`${arn}-not`, 5);
  const set = world.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
  expect(await errorOf(set)).toEqual({ name: "InvalidParameterValue", status: 400 });
});
