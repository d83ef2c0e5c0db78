import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { expect, vi } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup, type Queue } from "./setup.ts";

const setup = await openSetup();

const counted = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
] as const satisfies QueueAttributeName[];

async function expectCounts(
  { url }: Queue,
  ...expected: [visible: number, held: number, delayed: number]
) {
  await vi.waitFor(async () => {
    const got = await setup.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...counted] }),
    );
    expect(counted.map((name) => Number(got.Attributes?.[name]))).toEqual(expected);
  });
}

const ten = Array.from({ length: 10 }, (_, i) => ({ Id: `m${i}`, MessageBody: `body ${i}` }));

promise("ten messages are sent, received and deleted in batches", async () => {
  const queue = await setup.queue();
  const sent = await setup.sqs.send(
    new SendMessageBatchCommand({ QueueUrl: queue.url, Entries: ten }),
  );
  expect(sent.Successful).toHaveLength(10);
  const got = await setup.receive(queue);
  expect(got.map(({ Body }) => Body).sort()).toEqual(ten.map(({ MessageBody }) => MessageBody));
  expect(got.map(({ MessageId }) => MessageId).sort()).toEqual(
    sent.Successful?.map(({ MessageId }) => MessageId).sort(),
  );
  const Entries = got.map(({ ReceiptHandle }, i) => ({ Id: `d${i}`, ReceiptHandle }));
  const deleted = await setup.sqs.send(
    new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }),
  );
  expect(deleted.Successful).toHaveLength(10);
  expect(deleted.Failed ?? []).toEqual([]);
  await expectCounts(queue, 0, 0, 0);
});

promise("only the invalid entry of a batch fails", async () => {
  const queue = await setup.queue();
  const Entries = [
    { Id: "good", MessageBody: "fine" },
    { Id: "bad", MessageBody: "not allowed: \u0001" },
  ];
  const sent = await setup.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  expect(sent.Successful?.map(({ Id }) => Id)).toEqual(["good"]);
  expect(sent.Failed).toMatchObject([
    { Id: "bad", SenderFault: true, Code: "InvalidMessageContents" },
  ]);
  expect((await setup.receive(queue)).map(({ Body }) => Body)).toEqual(["fine"]);
});

promise("batches without entries, of eleven and with a repeated Id are rejected", async () => {
  const { url } = await setup.queue();
  const send = (Entries: { Id: string; MessageBody: string }[]) =>
    errorOf(setup.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })));
  expect((await send([])).name).toBe("EmptyBatchRequest");
  expect((await send([...ten, { Id: "m10", MessageBody: "x" }])).name).toBe(
    "TooManyEntriesInBatchRequest",
  );
  expect((await send([...ten.slice(0, 1), ...ten.slice(0, 1)])).name).toBe(
    "BatchEntryIdsNotDistinct",
  );
});

promise("a message has ten attributes: strings, numbers and bytes", async () => {
  const queue = await setup.queue();
  const MessageAttributes = {
    ...Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [
        `text${i}`,
        { DataType: "String", StringValue: `ü ${i}` },
      ]),
    ),
    count: { DataType: "Number", StringValue: "42" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 7]) },
  };
  await setup.sqs.send(
    new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "x", MessageAttributes }),
  );
  const [got] = await setup.receive(queue, { MessageAttributeNames: ["All"] });
  expect(Object.keys(got?.MessageAttributes ?? {})).toHaveLength(10);
  expect(got?.MessageAttributes).toMatchObject(MessageAttributes);
});

promise("attributes are returned only on request, by name or by prefix", async () => {
  const queue = await setup.queue({ VisibilityTimeout: "0" });
  const text = { DataType: "String", StringValue: "x" };
  const MessageAttributes = { "a.one": text, "a.two": text, b: text };
  await setup.sqs.send(
    new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "x", MessageAttributes }),
  );
  const names = async (MessageAttributeNames?: string[]) => {
    const [got] = await setup.receive(queue, {
      WaitTimeSeconds: 1,
      ...(MessageAttributeNames && { MessageAttributeNames }),
    });
    return Object.keys(got?.MessageAttributes ?? {}).sort();
  };
  expect(await names()).toEqual([]);
  expect(await names(["b"])).toEqual(["b"]);
  expect(await names(["a.*"])).toEqual(["a.one", "a.two"]);
});

promise("eleven attributes are rejected", async () => {
  const { url } = await setup.queue();
  const MessageAttributes = Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => [`a${i}`, { DataType: "String", StringValue: "x" }]),
  );
  const sent = new SendMessageCommand({ QueueUrl: url, MessageBody: "x", MessageAttributes });
  expect((await errorOf(setup.sqs.send(sent))).status).toBe(400);
});

promise("a message has its times of sending and first receive, and its receive count", async () => {
  const before = Date.now() - 60_000;
  const queue = await setup.queue({ VisibilityTimeout: "0" });
  await setup.send(queue, "x");
  const [first] = await setup.receive(queue, { WaitTimeSeconds: 1 });
  const [second] = await setup.receive(queue, { WaitTimeSeconds: 1 });
  expect(first?.Attributes?.ApproximateReceiveCount).toBe("1");
  expect(second?.Attributes?.ApproximateReceiveCount).toBe("2");
  expect(Number(first?.Attributes?.SentTimestamp)).toBeGreaterThan(before);
  const since = first?.Attributes?.ApproximateFirstReceiveTimestamp;
  expect(Number(since)).toBeGreaterThanOrEqual(Number(first?.Attributes?.SentTimestamp));
  expect(second?.Attributes?.ApproximateFirstReceiveTimestamp).toBe(since);
  expect(second?.MessageId).toBe(first?.MessageId);
});

promise("system attributes can be requested by name", async () => {
  const queue = await setup.queue();
  await setup.send(queue, "x");
  const asked = { MessageSystemAttributeNames: ["ApproximateReceiveCount" as const] };
  const [got] = await setup.receive(queue, asked);
  expect(got?.Attributes).toEqual({ ApproximateReceiveCount: "1" });
});

promise("a body holds any Unicode that XML allows", async () => {
  const queue = await setup.queue();
  const body = 'ü 日本 😀 👩‍👩‍👧 \u{10FFFF} \uE000 \uFFFD \t\n\r <&"> \\u0041';
  await setup.send(queue, body);
  expect((await setup.receive(queue))[0]?.Body).toBe(body);
});

promise("a body of 256 KiB fits", async () => {
  const queue = await setup.queue();
  const body = "ü".repeat(128 * 1024);
  await setup.send(queue, body);
  expect((await setup.receive(queue))[0]?.Body).toBe(body);
});

promise("a message over the queue's limit is InvalidParameterValue", async () => {
  const queue = await setup.queue({ MaximumMessageSize: "262144" });
  await setup.send(queue, "x".repeat(262_144));
  const sent = setup.send(queue, "x".repeat(262_145));
  expect(await errorOf(sent)).toEqual({ name: "InvalidParameterValue", status: 400 });
});

promise("an empty body is rejected", async () => {
  const { url } = await setup.queue();
  const sent = setup.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "" }));
  expect((await errorOf(sent)).status).toBe(400);
});

promise("a delayed message is counted as delayed, and is visible after its delay", async () => {
  const queue = await setup.queue();
  const sentAt = Date.now();
  await setup.sqs.send(
    new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "later", DelaySeconds: 1 }),
  );
  await expectCounts(queue, 0, 0, 1);
  expect(await setup.receive(queue)).toEqual([]);
  expect(await setup.receive(queue, { WaitTimeSeconds: 5 })).toHaveLength(1);
  expect(Date.now() - sentAt).toBeGreaterThanOrEqual(990);
});

promise("a queue's delay applies to every message", async () => {
  const queue = await setup.queue({ DelaySeconds: "1" });
  await setup.send(queue, "later");
  expect(await setup.receive(queue)).toEqual([]);
  expect(await setup.receive(queue, { WaitTimeSeconds: 5 })).toHaveLength(1);
});

promise("counts are updated by sending, receiving and deleting", async () => {
  const queue = await setup.queue();
  const Entries = ten.slice(0, 3);
  await setup.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  await expectCounts(queue, 3, 0, 0);
  const [got] = await setup.receive(queue, { MaxNumberOfMessages: 1, WaitTimeSeconds: 1 });
  await expectCounts(queue, 2, 1, 0);
  const { ReceiptHandle } = got ?? {};
  await setup.sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
  await expectCounts(queue, 2, 0, 0);
});

promise("deleting twice succeeds", async () => {
  const queue = await setup.queue();
  await setup.send(queue, "x");
  const [got] = await setup.receive(queue);
  const at = { QueueUrl: queue.url, ReceiptHandle: got?.ReceiptHandle };
  await setup.sqs.send(new DeleteMessageCommand(at));
  await setup.sqs.send(new DeleteMessageCommand(at));
});

promise("an unknown receipt handle is ReceiptHandleIsInvalid", async () => {
  const { url } = await setup.queue();
  const deleted = setup.sqs.send(
    new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: "nonsense" }),
  );
  expect((await errorOf(deleted)).name).toBe("ReceiptHandleIsInvalid");
});

promise("only the entry with an invalid handle of a deleted batch fails", async () => {
  const queue = await setup.queue();
  await setup.send(queue, "x");
  const [got] = await setup.receive(queue);
  const Entries = [
    { Id: "good", ReceiptHandle: got?.ReceiptHandle },
    { Id: "bad", ReceiptHandle: "nonsense" },
  ];
  const done = await setup.sqs.send(
    new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }),
  );
  expect(done.Successful?.map(({ Id }) => Id)).toEqual(["good"]);
  expect(done.Failed).toMatchObject([
    { Id: "bad", Code: "ReceiptHandleIsInvalid", SenderFault: true },
  ]);
});

promise("a purge removes visible, in-flight and delayed messages", async () => {
  const queue = await setup.queue();
  await setup.send(queue, "held");
  await setup.receive(queue);
  await setup.send(queue, "visible");
  await setup.sqs.send(
    new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "later", DelaySeconds: 60 }),
  );
  await setup.sqs.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
  await expectCounts(queue, 0, 0, 0);
});

promise("a missing queue is QueueDoesNotExist for every action", async () => {
  const { url } = await setup.queue();
  const QueueUrl = `${url}-not`;
  const missing = { name: "QueueDoesNotExist", status: 400 };
  const sent = new SendMessageCommand({ QueueUrl, MessageBody: "x" });
  expect(await errorOf(setup.sqs.send(sent))).toEqual(missing);
  expect(await errorOf(setup.sqs.send(new ReceiveMessageCommand({ QueueUrl })))).toEqual(missing);
  const described = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  expect(await errorOf(setup.sqs.send(described))).toEqual(missing);
  const found = new GetQueueUrlCommand({ QueueName: "imagefleet-contract-no-such-queue" });
  expect(await errorOf(setup.sqs.send(found))).toEqual(missing);
});

promise("a queue is found by name until it is deleted", async () => {
  const { url, arn } = await setup.queue();
  const QueueName = arn.split(":").at(-1);
  const found = await setup.sqs.send(new GetQueueUrlCommand({ QueueName }));
  expect(found.QueueUrl).toBe(url);
  const doomed = await setup.sqs.send(new CreateQueueCommand({ QueueName: `${QueueName}-2` }));
  await setup.sqs.send(new DeleteQueueCommand({ QueueUrl: doomed.QueueUrl }));
  const gone = () => setup.sqs.send(new GetQueueUrlCommand({ QueueName: `${QueueName}-2` }));
  await vi.waitFor(async () => expect((await errorOf(gone())).name).toBe("QueueDoesNotExist"));
});

promise(
  "creating a queue again returns it with the same attributes, and is QueueNameExists with others",
  async () => {
    const { url, arn } = await setup.queue({ VisibilityTimeout: "45" });
    const QueueName = arn.split(":").at(-1);
    const create = (Attributes?: Record<string, string>) =>
      setup.sqs.send(new CreateQueueCommand({ QueueName, ...(Attributes && { Attributes }) }));
    expect((await create()).QueueUrl).toBe(url);
    expect((await create({ VisibilityTimeout: "45" })).QueueUrl).toBe(url);
    const other = create({ VisibilityTimeout: "46" });
    expect(await errorOf(other)).toEqual({ name: "QueueNameExists", status: 400 });
  },
);

promise("attributes can be set and are validated", async () => {
  const { url } = await setup.queue();
  const set = (Attributes: Record<string, string>) =>
    setup.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
  await set({ VisibilityTimeout: "77" });
  await vi.waitFor(async () => {
    const AttributeNames = ["VisibilityTimeout" as const];
    const got = await setup.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames }),
    );
    expect(got.Attributes).toEqual({ VisibilityTimeout: "77" });
  });
  expect((await errorOf(set({ VisibilityTimeout: "43201" }))).name).toBe("InvalidAttributeValue");
  expect((await errorOf(set({ NoSuchAttribute: "1" }))).name).toBe("InvalidAttributeName");
});
