import { randomUUID } from "node:crypto";
import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListTopicsCommand,
  type MessageAttributeValue,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup, type Queue } from "./setup.ts";

const setup = await openSetup();
const sns = new SNSClient(setup.client);
const topics: string[] = [];
afterAll(async () => {
  if (setup.lasting) {
    for (const TopicArn of topics) await sns.send(new DeleteTopicCommand({ TopicArn }));
  }
  sns.destroy();
});

async function createTopic(): Promise<string> {
  const Name = `imagefleet-contract-${randomUUID().slice(0, 13)}`;
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name }));
  topics.push(TopicArn);
  return TopicArn;
}

/** A queue that the topic may send to. */
async function queueOf(TopicArn: string): Promise<Queue> {
  const queue = await setup.queue();
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queue.arn,
        Condition: { ArnEquals: { "aws:SourceArn": TopicArn } },
      },
    ],
  });
  const set = { QueueUrl: queue.url, Attributes: { Policy } };
  await setup.sqs.send(new SetQueueAttributesCommand(set));
  return queue;
}

async function subscribe(TopicArn: string, Endpoint: string, Attributes: Record<string, string>) {
  const asked = { TopicArn, Protocol: "sqs", Endpoint, Attributes, ReturnSubscriptionArn: true };
  return (await sns.send(new SubscribeCommand(asked))).SubscriptionArn;
}

const text = (StringValue: string): MessageAttributeValue => ({ DataType: "String", StringValue });

function publish(TopicArn: string, Message: string, attributes: Record<string, string> = {}) {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, text(value)]),
  );
  return sns.send(new PublishCommand({ TopicArn, Message, MessageAttributes }));
}

/** The bodies of the messages that are received until one is "last". */
async function bodiesOf(queue: Queue): Promise<(string | undefined)[]> {
  const bodies: (string | undefined)[] = [];
  while (!bodies.includes("last")) {
    const received = await setup.receive(queue, { WaitTimeSeconds: 5 });
    bodies.push(...received.map(({ Body }) => Body));
  }
  return bodies;
}

const raw = { RawMessageDelivery: "true" };

promise("a topic is created once, described and listed", async () => {
  const TopicArn = await createTopic();
  const Name = TopicArn.split(":").at(-1);
  expect((await sns.send(new CreateTopicCommand({ Name }))).TopicArn).toBe(TopicArn);
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
  expect(Attributes).toMatchObject({ TopicArn });
  const listed: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sns.send(new ListTopicsCommand({ NextToken }));
    listed.push(...(page.Topics ?? []).map((topic) => topic.TopicArn));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(listed).toContain(TopicArn);
});

promise("the attributes of a topic have the number of its subscriptions", async () => {
  const TopicArn = await createTopic();
  await subscribe(TopicArn, (await queueOf(TopicArn)).arn, raw);
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
  expect(Attributes?.["SubscriptionsConfirmed"]).toBe("1");
});

promise("a missing topic is NotFound", async () => {
  const TopicArn = `${await createTopic()}-none`;
  const missing = { name: "NotFoundException", status: 404 };
  expect(await errorOf(publish(TopicArn, "m"))).toEqual(missing);
  expect(await errorOf(sns.send(new GetTopicAttributesCommand({ TopicArn })))).toEqual(missing);
  const queue = await setup.queue();
  expect(await errorOf(subscribe(TopicArn, queue.arn, raw))).toEqual(missing);
});

promise("a raw subscription delivers the message and its attributes as published", async () => {
  const TopicArn = await createTopic();
  const queue = await queueOf(TopicArn);
  await subscribe(TopicArn, queue.arn, raw);
  const message = JSON.stringify({ version: 1, key: "uploads/a/🦊 &amp;<é>.jpg", lines: "a\nb" });
  const { MessageId } = await publish(TopicArn, message, { type: "image.ready", user: "ü/&=+" });
  expect(MessageId).toMatch(/^[0-9a-f-]{36}$/);
  const [received] = await setup.receive(queue, {
    WaitTimeSeconds: 5,
    MessageAttributeNames: ["All"],
  });
  expect(received).toMatchObject({
    Body: message,
    MessageAttributes: { type: text("image.ready"), user: text("ü/&=+") },
  });
});

promise("another subscription delivers the message in SNS's envelope", async () => {
  const TopicArn = await createTopic();
  const queue = await queueOf(TopicArn);
  await subscribe(TopicArn, queue.arn, {});
  const { MessageId } = await publish(TopicArn, "content", { type: "image.ready" });
  const [received] = await setup.receive(queue, { WaitTimeSeconds: 5 });
  expect(JSON.parse(received?.Body ?? "")).toMatchObject({
    Type: "Notification",
    MessageId,
    TopicArn,
    Message: "content",
    MessageAttributes: { type: { Type: "String", Value: "image.ready" } },
  });
});

// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
promise("a filter policy selects messages by their attributes", async () => {
  const TopicArn = await createTopic();
  const [all, some] = [await queueOf(TopicArn), await queueOf(TopicArn)];
  await subscribe(TopicArn, all.arn, raw);
  const FilterPolicy = JSON.stringify({
    type: ["image.ready", "image.removed"],
    prefix: [{ prefix: "up" }],
  });
  await subscribe(TopicArn, some.arn, { ...raw, FilterPolicy });
  const published: [string, Record<string, string>][] = [
    ["ready", { type: "image.ready", prefix: "uploads" }],
    ["failed", { type: "image.failed", prefix: "uploads" }],
    ["elsewhere", { type: "image.ready", prefix: "other" }],
    ["bare", {}],
    ["last", { type: "image.removed", prefix: "uploads" }],
  ];
  for (const [message, attributes] of published) await publish(TopicArn, message, attributes);
  expect((await bodiesOf(some)).toSorted()).toEqual(["last", "ready"]);
  expect(await bodiesOf(all)).toContain("bare");
});

promise("a subscription is made once, and ends", async () => {
  const TopicArn = await createTopic();
  const [ended, other] = [await queueOf(TopicArn), await queueOf(TopicArn)];
  const SubscriptionArn = await subscribe(TopicArn, ended.arn, raw);
  expect(await subscribe(TopicArn, ended.arn, raw)).toBe(SubscriptionArn);
  await subscribe(TopicArn, other.arn, raw);
  await publish(TopicArn, "last");
  expect(await bodiesOf(ended)).toEqual(["last"]);
  expect(await bodiesOf(other)).toEqual(["last"]);
  await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  await publish(TopicArn, "last");
  expect(await bodiesOf(other)).toContain("last");
  expect(await setup.receive(ended, { WaitTimeSeconds: 1 })).toEqual([]);
});

// 1 MiB only with the topic's attribute MaximumMessageSize:
// https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
promise("a message has at most 262,144 bytes", async () => {
  const TopicArn = await createTopic();
  const tooLong = { name: "InvalidParameterException", status: 400 };
  const message = "x".repeat(262_144);
  await publish(TopicArn, message);
  expect(await errorOf(publish(TopicArn, `${message}x`))).toEqual(tooLong);
});

promise("a message is counted in bytes, with its attributes", async () => {
  const TopicArn = await createTopic();
  const tooLong = { name: "InvalidParameterException", status: 400 };
  const message = `ü${"x".repeat(262_142)}`;
  await publish(TopicArn, message);
  expect(await errorOf(publish(TopicArn, `${message}x`))).toEqual(tooLong);
  const room = "x".repeat(262_144 - 10);
  await publish(TopicArn, room);
  expect(await errorOf(publish(TopicArn, room, { type: "image.ready" }))).toEqual(tooLong);
});

promise("an empty message is rejected", async () => {
  const invalid = { name: "InvalidParameterException", status: 400 };
  expect(await errorOf(publish(await createTopic(), ""))).toEqual(invalid);
});

promise("a filter policy that is not JSON is rejected", async () => {
  const TopicArn = await createTopic();
  const invalid = { name: "InvalidParameterException", status: 400 };
  const { arn } = await setup.queue();
  const FilterPolicy = "{type}";
  expect(await errorOf(subscribe(TopicArn, arn, { FilterPolicy }))).toEqual(invalid);
});
