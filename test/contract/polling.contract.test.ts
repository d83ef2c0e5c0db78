import { ChangeMessageVisibilityCommand } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const setup = await openSetup();

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  return { result: await work, ms: performance.now() - start };
}

promise("a waiting receive returns empty when its time is over", async () => {
  const queue = await setup.queue();
  const { result, ms } = await timed(setup.receive(queue, { WaitTimeSeconds: 1 }));
  expect(result).toEqual([]);
  expect(ms).toBeGreaterThan(980);
  expect(ms).toBeLessThan(3000);
});

promise("a waiting receive returns as soon as a message is sent", async () => {
  const queue = await setup.queue();
  const waiting = timed(setup.receive(queue, { WaitTimeSeconds: 20 }));
  await setup.receive(queue);
  await setup.send(queue, "now");
  const { result, ms } = await waiting;
  expect(result.map(({ Body }) => Body)).toEqual(["now"]);
  expect(ms).toBeLessThan(3000);
});

promise(
  "a waiting receive returns as soon as another message's visibility timeout ends",
  async () => {
    const queue = await setup.queue();
    await setup.send(queue, "x");
    await setup.receive(queue, { VisibilityTimeout: 1, WaitTimeSeconds: 1 });
    const { result, ms } = await timed(setup.receive(queue, { WaitTimeSeconds: 20 }));
    expect(result).toHaveLength(1);
    expect(ms).toBeLessThan(3000);
  },
);

promise("a waiting receive returns as soon as a message is released", async () => {
  const queue = await setup.queue();
  await setup.send(queue, "x");
  const [held] = await setup.receive(queue, { VisibilityTimeout: 60, WaitTimeSeconds: 1 });
  const waiting = timed(setup.receive(queue, { WaitTimeSeconds: 20 }));
  await setup.receive(queue);
  const { ReceiptHandle } = held ?? {};
  await setup.sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queue.url,
      ReceiptHandle,
      VisibilityTimeout: 0,
    }),
  );
  const { result, ms } = await waiting;
  expect(result).toHaveLength(1);
  expect(ms).toBeLessThan(3000);
});

promise("one message ends one waiting receive, and the others continue to wait", async () => {
  const queue = await setup.queue();
  const waiting = Array.from({ length: 3 }, () =>
    timed(setup.receive(queue, { WaitTimeSeconds: 2, VisibilityTimeout: 60 })),
  );
  await setup.receive(queue);
  await setup.send(queue, "one");
  const done = await Promise.all(waiting);
  expect(done.flatMap(({ result }) => result)).toHaveLength(1);
  const empty = done.filter(({ result }) => result.length === 0);
  for (const { ms } of empty) expect(ms).toBeGreaterThan(1980);
});

promise("the queue's wait time is the default", async () => {
  const queue = await setup.queue({ ReceiveMessageWaitTimeSeconds: "1" });
  const { ms } = await timed(setup.receive(queue));
  expect(ms).toBeGreaterThan(980);
});
