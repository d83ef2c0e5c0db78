import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { S3Error } from "./fauxqs.ts";
import { document, element, holding, once, readDocument, Text } from "./xml.ts";

const QueueConfiguration = v.object({
  id: v.string(),
  queueArn: v.string(),
  events: v.array(v.string()),
  prefix: v.string(),
  suffix: v.string(),
});
const Configurations = v.array(QueueConfiguration);

/** The events of a bucket that are sent to a queue. */
export type QueueConfiguration = v.InferOutput<typeof QueueConfiguration>;

const eventPattern =
  /^s3:(ObjectCreated:(\*|Put|Post|Copy|CompleteMultipartUpload)|ObjectRemoved:(\*|Delete|DeleteMarkerCreated)|ObjectRestore:Completed)$/;

const Rule = holding({ Name: once(Text), Value: v.optional(once(Text), [""]) });
const Destination = holding({
  Id: v.optional(once(Text)),
  Queue: once(Text),
  Event: v.pipe(v.array(Text), v.minLength(1)),
  Filter: v.optional(
    once(holding({ S3Key: v.optional(once(holding({ FilterRule: v.optional(v.array(Rule)) }))) })),
  ),
});
const unserved = {
  TopicConfiguration: v.optional(v.unknown()),
  CloudFunctionConfiguration: v.optional(v.unknown()),
  EventBridgeConfiguration: v.optional(v.unknown()),
};
const Document = v.strictObject({
  NotificationConfiguration: once(
    holding({ QueueConfiguration: v.optional(v.array(Destination), []), ...unserved }),
  ),
});

/**
 * Parses the body of PutBucketNotificationConfiguration, which fauxqs answers with 200 and ignores.
 *
 * @throws S3Error MalformedXML, InvalidArgument (400), NotImplemented (501) for destinations other than
 * queues
 */
export function parseConfiguration(body: Buffer): QueueConfiguration[] {
  const { NotificationConfiguration: asked } = readDocument(body, Document);
  for (const tag of Object.keys(unserved)) {
    if (tag in asked) {
      throw new S3Error("NotImplemented", `${tag}: only QueueConfiguration is served here`, 501);
    }
  }
  const configurations = asked.QueueConfiguration.map(configurationOf);
  const ids = new Set(configurations.map(({ id }) => id));
  if (ids.size < configurations.length) throw invalid("Same ID used for multiple configurations.");
  configurations.forEach((one, i) => {
    if (configurations.slice(i + 1).some((other) => overlap(one, other))) {
      throw invalid(
        "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
      );
    }
  });
  return configurations;
}

function configurationOf(asked: v.InferOutput<typeof Destination>): QueueConfiguration {
  const unknown = asked.Event.find((event) => !eventPattern.test(event));
  if (unknown !== undefined) {
    throw invalid(`The event "${unknown}" is not supported for notifications`);
  }
  const filter = { prefix: "", suffix: "" };
  for (const { Name, Value } of asked.Filter?.S3Key?.FilterRule ?? []) {
    const name = Name.toLowerCase();
    if (name !== "prefix" && name !== "suffix") {
      throw invalid("filter rule name must be either prefix or suffix");
    }
    filter[name] = Value;
  }
  return { id: asked.Id || randomUUID(), queueArn: asked.Queue, events: asked.Event, ...filter };
}

/** Whether an event, named without "s3:", of a key is sent to the queue. */
export function wants(configuration: QueueConfiguration, event: string, key: string): boolean {
  return (
    key.startsWith(configuration.prefix) &&
    key.endsWith(configuration.suffix) &&
    configuration.events.some((one) => covers(one, `s3:${event}`))
  );
}

export function configurationXml(configurations: QueueConfiguration[]): string {
  const content = configurations.map(({ id, queueArn, events, prefix, suffix }) => {
    const rules = Object.entries({ Prefix: prefix, Suffix: suffix })
      .filter(([, value]) => value !== "")
      .map(
        ([name, value]) =>
          `<FilterRule>${element("Name", name)}${element("Value", value)}</FilterRule>`,
      );
    const filter = rules.length === 0 ? "" : `<Filter><S3Key>${rules.join("")}</S3Key></Filter>`;
    const fields = [element("Id", id), element("Queue", queueArn)];
    const named = events.map((event) => element("Event", event));
    return `<QueueConfiguration>${[...fields, ...named, filter].join("")}</QueueConfiguration>`;
  });
  return document("NotificationConfiguration", content.join(""));
}

export function serialize(configurations: QueueConfiguration[]): string {
  return JSON.stringify(configurations);
}

export function deserialize(stored: string): QueueConfiguration[] {
  return v.parse(Configurations, JSON.parse(stored));
}

function covers(configured: string, event: string): boolean {
  return configured.endsWith("*")
    ? event.startsWith(configured.slice(0, -1))
    : configured === event;
}

function overlap(a: QueueConfiguration, b: QueueConfiguration): boolean {
  return (
    a.events.some((one) => b.events.some((other) => covers(one, other) || covers(other, one))) &&
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix))
  );
}

function invalid(message: string): Error {
  return new S3Error("InvalidArgument", message, 400);
}
