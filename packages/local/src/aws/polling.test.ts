import { GetQueueAttributesCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { type LocalAws, startLocalAws } from "./server.ts";

async function opened(): Promise<{ local: LocalAws; clients: Clients; url: string }> {
  const local = await startLocalAws({ port: 0, dataDir: await folder() });
  onTestFinished(() => local.close());
  const clients = clientsOf(local);
  return { local, clients, url: await clients.createQueue("q") };
}

async function poll({ sqs }: Clients, QueueUrl: string, abortSignal?: AbortSignal) {
  const wait = { QueueUrl, WaitTimeSeconds: 20, VisibilityTimeout: 600 };
  await sqs.send(new ReceiveMessageCommand(wait), abortSignal && { abortSignal });
}

test("a client that disconnects while it waits receives no message", async () => {
  const { clients, url } = await opened();
  const controller = new AbortController();
  const waiting = poll(clients, url, controller.signal);
  // An answer to a later request shows that the wait has started, and then that it has ended.
  await clients.receive(url);
  controller.abort();
  await expect(waiting).rejects.toThrow();
  await clients.receive(url);
  await clients.send(url, "for the next client");
  expect((await clients.receive(url)).map(({ Body }) => Body)).toEqual(["for the next client"]);
});

test("closing the server ends waiting receives, and another server can start on its port", async () => {
  const dataDir = await folder();
  const local = await startLocalAws({ port: 0, dataDir });
  const clients = clientsOf(local);
  const url = await clients.createQueue("q");
  const waiting = poll(clients, url).catch(() => undefined);
  await clients.receive(url);
  const began = performance.now();
  await local.close();
  await waiting;
  expect(performance.now() - began).toBeLessThan(5000);
  const again = await startLocalAws({ port: local.port, dataDir });
  onTestFinished(() => again.close());
  expect(await clientsOf(again).createQueue("q")).toBe(url);
});

test("counts are current without a receive", async () => {
  const { clients, url } = await opened();
  await clients.send(url, "held");
  await clients.receive(url, { VisibilityTimeout: 1 });
  const AttributeNames = [
    "ApproximateNumberOfMessages" as const,
    "ApproximateNumberOfMessagesNotVisible" as const,
  ];
  const counts = async () => {
    const got = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames }),
    );
    return AttributeNames.map((name) => got.Attributes?.[name]);
  };
  expect(await counts()).toEqual(["0", "1"]);
  await expect.poll(counts, { timeout: 1500, interval: 20 }).toEqual(["1", "0"]);
});

test("a FIFO queue is refused", async () => {
  const { clients } = await opened();
  const attributes = { FifoQueue: "true" };
  await expect(clients.createQueue("orders.fifo", attributes)).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: expect.stringContaining("FIFO"),
  });
});
