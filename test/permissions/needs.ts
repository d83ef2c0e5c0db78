import type { Call, Observe } from "@imagefleet/local/fault-proxy";
import * as v from "valibot";
import {
  ASKS_FOR_MORE,
  CLOUDFRONT_OPERATIONS,
  CLOUDWATCH_OPERATIONS,
  DYNAMODB_OPERATIONS,
  EVENTS_OPERATIONS,
  READS_BY_CONDITION,
  S3_OPERATIONS,
  SNS_OPERATIONS,
  SQS_OPERATIONS,
  TAGS,
} from "./operations.ts";

/** A permission that a call needs. */
export interface Need {
  /** `GetObject`, `PutObject If-Match` */
  readonly call: string;
  /** `s3:GetObject` */
  readonly action: string;
  /** A resource in the fleet's terms: `source`, `source/*`, `small-dlq`, `table/byUser`; `*` for all. */
  readonly resource: string;
}

/** The names of grants by the names of a fleet's buckets, queues and tables, and by the ARNs of topics. */
export interface Places {
  /**
   * Objects below the prefix are `NAME/*`, or `NAME/part*` if they are all below a part of it. Other
   * objects keep their key, and no policy names them.
   */
  readonly buckets: Readonly<
    Record<
      string,
      { readonly as: string; readonly prefix: string; readonly part?: string } | undefined
    >
  >;
  readonly queues: Readonly<Record<string, string | undefined>>;
  readonly tables?: Readonly<Record<string, string | undefined>>;
  readonly topics?: Readonly<Record<string, string | undefined>>;
  readonly buses?: Readonly<Record<string, string | undefined>>;
}

type Request = Parameters<Observe>[1];

/**
 * The permissions that IAM requires for a call.
 *
 * @throws Error for an unknown call or resource
 */
export async function needsOf(
  call: Call,
  request: Request,
  body: () => Promise<string>,
  places: Places,
): Promise<Need[]> {
  const { service, operation } = call;
  if (service === "s3") return s3Needs(call, request, body, places);
  switch (service) {
    case "sqs":
      return [sqsNeed(operation, await body(), places)];
    case "dynamodb":
      return [tableNeed(operation, await body(), places)];
    case "sns":
      return [topicNeed(operation, await body(), places)];
    case "events":
      return busNeeds(operation, await body(), places);
  }
  const { action } = known(CLOUDWATCH_OPERATIONS, operation);
  return [{ call: operation, action, resource: "*" }];
}

/**
 * The permission that IAM requires for a call of CloudFront's API.
 *
 * @throws Error for an unknown operation
 */
export function cloudFrontNeed(operation: string): Need {
  const { action, on } = known(CLOUDFRONT_OPERATIONS, operation);
  return { call: operation, action, resource: on === "distribution" ? on : "*" };
}

const queueSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ QueueUrl: v.optional(v.string()), QueueName: v.optional(v.string()) }),
);

function sqsNeed(operation: string, body: string, { queues }: Places): Need {
  const { action, on } = known(SQS_OPERATIONS, operation);
  if (on === "everything") return { call: operation, action, resource: "*" };
  const { QueueUrl, QueueName } = v.parse(queueSchema, body);
  const name = QueueName ?? QueueUrl?.slice(QueueUrl.lastIndexOf("/") + 1) ?? "";
  return { call: operation, action, resource: named(operation, "queue", name, queues) };
}

const tableSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ TableName: v.string(), IndexName: v.optional(v.string()) }),
);

/** An index is a resource of its own: a policy for the table does not allow to query it. */
function tableNeed(operation: string, body: string, { tables }: Places): Need {
  const { action } = known(DYNAMODB_OPERATIONS, operation);
  const { TableName, IndexName } = v.parse(tableSchema, body);
  const table = named(operation, "table", TableName, tables);
  const resource = IndexName === undefined ? table : `${table}/${IndexName}`;
  return { call: operation, action, resource };
}

function topicNeed(operation: string, body: string, { topics }: Places): Need {
  const { action } = known(SNS_OPERATIONS, operation);
  const arn = new URLSearchParams(body).get("TopicArn") ?? "";
  return { call: operation, action, resource: named(operation, "topic", arn, topics) };
}

const entriesSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ Entries: v.array(v.object({ EventBusName: v.optional(v.string(), "default") })) }),
);

function busNeeds(operation: string, body: string, { buses }: Places): Need[] {
  const { action } = known(EVENTS_OPERATIONS, operation);
  return v.parse(entriesSchema, body).Entries.map(({ EventBusName: name }) => ({
    call: operation,
    action,
    resource: named(operation, "bus", name, buses),
  }));
}

function named(
  operation: string,
  kind: string,
  name: string,
  names: Readonly<Record<string, string | undefined>> = {},
): string {
  const found = names[name];
  if (found !== undefined) return found;
  throw new Error(`${operation}: ${name} is not a ${kind} of the fleet`);
}

async function s3Needs(
  { operation, path }: Call,
  { headers, url = "/" }: Request,
  body: () => Promise<string>,
  { buckets }: Places,
): Promise<Need[]> {
  const { action, on } = known(S3_OPERATIONS, operation);
  const { searchParams } = new URL(url, "http://localhost");
  const more = [
    ...Object.keys(headers).filter((name) => ASKS_FOR_MORE.headers.test(name)),
    ...ASKS_FOR_MORE.parameters
      .filter((name) => name !== "versionId" || operation !== "DeleteObject of a version")
      .filter((name) => searchParams.has(name)),
  ];
  if (more.length > 0)
    throw new Error(`${operation}: ${more.join(", ")} needs further permissions`);
  if (on === "everything") return [{ call: operation, action, resource: "*" }];
  const [, name = "", key = ""] = /^\/([^/]+)\/?(.*)$/s.exec(path) ?? [];
  const bucket = buckets[name];
  if (bucket === undefined) throw new Error(`${operation}: ${name} is not a bucket of the fleet`);
  if (on === "bucket") return [{ call: operation, action, resource: bucket.as }];
  const keys = await keysOf(operation, key, body);
  const condition = READS_BY_CONDITION.includes(operation) && headers["if-match"] !== undefined;
  const called = condition ? `${operation} If-Match` : operation;
  return keys.flatMap((each) => {
    const { as, prefix, part = "" } = bucket;
    const resource = `${as}/${each.startsWith(prefix + part) ? `${part}*` : each}`;
    const also = condition ? [{ call: called, action: "s3:GetObject", resource }] : [];
    const tags = headers[TAGS.header] === undefined ? [] : [TAGS.action];
    return [
      { call: called, action, resource },
      ...also,
      ...tags.map((tagging) => ({ call: `${operation} with tags`, action: tagging, resource })),
    ];
  });
}

async function keysOf(
  operation: string,
  key: string,
  body: () => Promise<string>,
): Promise<string[]> {
  if (operation === "DeleteObjects") return keysIn(await body());
  if (operation === "PostObject") return [formField(await body(), "key") ?? ""];
  return [decodeURIComponent(key)];
}

/** A field of a browser's form, whatever the case of its name; undefined without it. */
export function formField(form: string, name: string): string | undefined {
  return new RegExp(`name="${name}"\r\n\r\n([^\r]*)\r\n`, "i").exec(form)?.[1];
}

function known<T>(operations: Readonly<Record<string, T>>, operation: string): T {
  const found = operations[operation];
  if (found !== undefined) return found;
  throw new Error(`${operation}: add its permissions to test/permissions/operations.ts`);
}

/** The keys of DeleteObjects' body. The start of a key with characters that are invalid in XML is enough. */
function keysIn(xml: string): string[] {
  return Array.from(xml.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = ""]) => key);
}
