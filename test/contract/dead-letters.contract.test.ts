import { type Message, SendMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup, type Queue } from "./setup.ts";

const setup = await openSetup();

const policy = (deadLetterTargetArn: string, maxReceiveCount: number | string) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
});

async function lane(maxReceiveCount: number): Promise<{ queue: Queue; deadLetters: Queue }> {
  const deadLetters = await setup.queue();
  const queue = await setup.queue({
    VisibilityTimeout: "0",
    ...policy(deadLetters.arn, maxReceiveCount),
  });
  return { queue, deadLetters };
}

async function exhaust(queue: Queue, times: number): Promise<Message[]> {
  const received: Message[] = [];
  for (let i = 0; i < times; i++) {
    received.push(...(await setup.receive(queue, { WaitTimeSeconds: 2 })));
  }
  return received;
}

promise(
  "a message is received maxReceiveCount times, and is then in the dead-letter queue",
  async () => {
    const { queue, deadLetters } = await lane(2);
    const text = { DataType: "String", StringValue: "kept" };
    const sent = await setup.sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: "poison",
        MessageAttributes: { text },
      }),
    );
    const counts = (await exhaust(queue, 2)).map((one) => one.Attributes?.ApproximateReceiveCount);
    expect(counts).toEqual(["1", "2"]);
    expect(await setup.receive(queue, { WaitTimeSeconds: 1 })).toEqual([]);
    const [deadLetter] = await setup.receive(deadLetters, {
      WaitTimeSeconds: 5,
      MessageAttributeNames: ["All"],
    });
    expect(deadLetter).toMatchObject({
      MessageId: sent.MessageId,
      Body: "poison",
      MessageAttributes: { text },
    });
  },
);

promise("a dead letter keeps its time of sending and its receive count", async () => {
  const { queue, deadLetters } = await lane(2);
  await setup.send(queue, "poison");
  const [first] = await exhaust(queue, 2);
  await setup.receive(queue, { WaitTimeSeconds: 1 });
  const [deadLetter] = await setup.receive(deadLetters, { WaitTimeSeconds: 5 });
  expect(deadLetter?.Attributes).toMatchObject({
    SentTimestamp: first?.Attributes?.SentTimestamp,
    ApproximateReceiveCount: "3",
  });
});

promise("a poisoned message does not block others", async () => {
  const { queue, deadLetters } = await lane(1);
  await setup.send(queue, "poison");
  await exhaust(queue, 1);
  await setup.send(queue, "good");
  const [next] = await setup.receive(queue, { MaxNumberOfMessages: 1, WaitTimeSeconds: 5 });
  expect(next?.Body).toBe("good");
  expect((await setup.receive(deadLetters, { WaitTimeSeconds: 5 }))[0]?.Body).toBe("poison");
});

promise("a redrive policy can be set on a queue later", async () => {
  const [queue, deadLetters] = [await setup.queue({ VisibilityTimeout: "0" }), await setup.queue()];
  const Attributes = policy(deadLetters.arn, "1");
  await setup.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));
  await setup.send(queue, "poison");
  await exhaust(queue, 1);
  expect(await setup.receive(queue, { WaitTimeSeconds: 1 })).toEqual([]);
  expect(await setup.receive(deadLetters, { WaitTimeSeconds: 5 })).toHaveLength(1);
});

promise("a redrive policy without an existing queue is rejected", async () => {
  const { url, arn } = await setup.queue();
  const Attributes = policy(`${arn}-not`, 5);
  const set = setup.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
  expect(await errorOf(set)).toEqual({ name: "InvalidParameterValue", status: 400 });
});
