import * as v from "valibot";
import { INVALID_MESSAGE_BODY_CHAR, type Reply, type Request, SqsError } from "./fauxqs.ts";
import { checkRedrivePolicy, type Queue, type Queues, redrivePolicyOf } from "./queues.ts";
import { header } from "./target.ts";

const Text = v.optional(v.string());
const Texts = v.optional(v.array(v.string()));
const Whole = v.optional(v.pipe(v.number(), v.integer()));
const TextByName = v.optional(v.record(v.string(), v.string()));

const Attributes = v.optional(
  v.record(
    v.string(),
    v.looseObject({
      DataType: v.pipe(v.string(), v.nonEmpty()),
      StringValue: Text,
      BinaryValue: Text,
    }),
  ),
);

const Message = {
  MessageAttributes: Attributes,
  MessageSystemAttributes: Attributes,
  MessageGroupId: Text,
  MessageDeduplicationId: Text,
  ReceiptHandle: Text,
  VisibilityTimeout: Whole,
  DelaySeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(900))),
};

/** Every field that an action reads. fauxqs does not check their types. */
const Body = v.looseObject({
  QueueUrl: Text,
  QueueName: Text,
  QueueNamePrefix: Text,
  Attributes: TextByName,
  AttributeNames: Texts,
  MessageBody: Text,
  MessageAttributeNames: Texts,
  MessageSystemAttributeNames: Texts,
  Entries: v.optional(v.array(v.looseObject({ Id: v.string(), MessageBody: Text, ...Message }))),
  MaxNumberOfMessages: Whole,
  WaitTimeSeconds: v.optional(v.number()),
  MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  NextToken: Text,
  Tags: TextByName,
  TagKeys: Texts,
  ...Message,
});
type Body = v.InferOutput<typeof Body>;

const Json = v.pipe(v.string(), v.parseJson());

const SendEntry = v.object({ MessageBody: v.pipe(v.string(), v.nonEmpty()) });

const maxAttributes = 10;
const handlePattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Makes AWS's checks before fauxqs's handler of the action runs.
 *
 * @param text the request's body, which is passed to the handler parsed
 * @returns "done" when the request has been answered
 * @throws SqsError
 */
export async function prepareSqs(
  request: Request,
  reply: Reply,
  queues: Queues,
  text: string,
): Promise<"handle" | "done"> {
  const action = header(request, "x-amz-target")?.replace("AmazonSQS.", "") ?? "";
  const body = parse(text);
  request.body = body;
  // fauxqs moves expired and delayed messages only on a receive: until then counts are stale and
  // old receipt handles are valid.
  const queue = queues.getQueue(body.QueueUrl ?? "");
  queue?.processTimers();
  switch (action) {
    case "CreateQueue":
      checkCreate(body, queues);
      break;
    case "SetQueueAttributes":
      checkRedrivePolicy(body.Attributes?.["RedrivePolicy"], exists(queues));
      break;
    case "SendMessage":
      checkAttributes(body);
      break;
    case "SendMessageBatch":
      for (const entry of body.Entries ?? []) {
        checkAttributes(entry);
        if (!v.is(SendEntry, entry)) throw missing("MessageBody");
      }
      break;
    case "DeleteMessage":
    case "ChangeMessageVisibility":
      checkHandle(body.ReceiptHandle);
      break;
    case "DeleteMessageBatch":
      if (queue === undefined || (body.Entries ?? []).every(hasHandle)) break;
      return answer(reply, deleteWhatCan(body, queue));
    case "ReceiveMessage": {
      // Without names AWS returns no attributes; fauxqs returns all.
      body.MessageAttributeNames ??= [""];
      const seconds =
        body.WaitTimeSeconds ?? Number(queue?.attributes["ReceiveMessageWaitTimeSeconds"] ?? 0);
      if (queue === undefined || !(seconds > 0 && seconds <= 20)) break;
      // fauxqs does not notice that a waiting client has disconnected, and would receive a
      // message for it.
      body.WaitTimeSeconds = 0;
      if ((await queue.wait(seconds, gone(reply))) === "stop") {
        return answer(reply, {});
      }
      break;
    }
  }
  return "handle";
}

function parse(text: string): Body {
  const json = v.safeParse(Json, text);
  if (!json.success) {
    throw new SqsError("SerializationException", "The body is not valid JSON");
  }
  const parsed = v.safeParse(Body, json.output);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new SqsError("InvalidParameterValue", `${v.getDotPath(issue) ?? "body"}: ${issue.message}`);
}

function gone(reply: Reply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}

// fauxqs compares only the attributes of the queue's creation, and does not store the attributes that
// it merges.
function checkCreate(body: Body, queues: Queues): void {
  const name = body.QueueName ?? "";
  if (!/^[\w-]{1,80}$/.test(name)) {
    throw new SqsError(
      "InvalidParameterValue",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length. FIFO queues are not served here.",
    );
  }
  checkRedrivePolicy(body.Attributes?.["RedrivePolicy"], exists(queues));
  const existing = queues.getQueueByName(name);
  if (existing === undefined) return;
  for (const [attribute, value] of Object.entries(body.Attributes ?? {})) {
    if (!isSame(attribute, value, existing.attributes[attribute])) {
      throw new SqsError(
        "QueueNameExists",
        `A queue already exists with the same name and a different value for attribute ${attribute}`,
        400,
        true,
        "QueueAlreadyExists",
      );
    }
  }
}

function isSame(attribute: string, value: string, existing: string | undefined): boolean {
  if (attribute !== "RedrivePolicy") return value === (existing ?? "");
  const [a, b] = [redrivePolicyOf(value), redrivePolicyOf(existing)];
  return (
    a?.deadLetterTargetArn === b?.deadLetterTargetArn && a?.maxReceiveCount === b?.maxReceiveCount
  );
}

function exists(queues: Queues): (arn: string) => boolean {
  return (arn) => queues.getQueueByArn(arn) !== undefined;
}

function checkAttributes(message: { MessageAttributes?: object | undefined }): void {
  const count = Object.keys(message.MessageAttributes ?? {}).length;
  if (count <= maxAttributes) return;
  throw new SqsError(
    "InvalidParameterValue",
    `Number of message attributes [${count}] exceeds the allowed maximum [${maxAttributes}].`,
  );
}

// fauxqs reports success for any handle.
function deleteWhatCan(body: Body, queue: Queue): object {
  const entries = body.Entries ?? [];
  for (const entry of entries.filter(hasHandle)) queue.deleteMessage(entry.ReceiptHandle ?? "");
  return {
    Successful: entries.filter(hasHandle).map(({ Id }) => ({ Id })),
    Failed: entries
      .filter((entry) => !hasHandle(entry))
      .map(({ Id, ReceiptHandle }) => ({
        Id,
        SenderFault: true,
        Code: "ReceiptHandleIsInvalid",
        Message: `The input receipt handle "${ReceiptHandle}" is not valid.`,
      })),
  };
}

function hasHandle(entry: { ReceiptHandle?: string | undefined }): boolean {
  return handlePattern.test(entry.ReceiptHandle ?? "");
}

function answer(reply: Reply, result: object): "done" {
  reply.header("content-type", "application/x-amz-json-1.0").send(JSON.stringify(result));
  return "done";
}

function checkHandle(handle: string | undefined): void {
  if (handle === undefined || handlePattern.test(handle)) return;
  throw new SqsError(
    "ReceiptHandleIsInvalid",
    `The input receipt handle "${handle}" is not valid.`,
  );
}

function missing(parameter: string): Error {
  return new SqsError("MissingParameter", `The request must contain the parameter ${parameter}.`);
}

// The characters of SQS messages: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
const valid = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

/**
 * fauxqs's expression tests code units and so rejects every character above U+FFFF. Its handlers share
 * one object, whose method is replaced here.
 */
export function acceptUnicode(): void {
  INVALID_MESSAGE_BODY_CHAR.test = (body) => !valid.test(body);
}

// The codes that have the prefix in SQS's model; all others have none.
const prefixed = new Set([
  "BatchEntryIdsNotDistinct",
  "BatchRequestTooLong",
  "EmptyBatchRequest",
  "InvalidBatchEntryId",
  "MessageNotInflight",
  "NonExistentQueue",
  "PurgeQueueInProgress",
  "QueueDeletedRecently",
  "TooManyEntriesInBatchRequest",
  "UnsupportedOperation",
]);

/**
 * The x-amzn-query-error header of SQS, from which the SDK takes an error's name. fauxqs adds the
 * prefix to every code, and so changes the names.
 */
export function queryError(header: string): string {
  const bare = header.replace(/^AWS\.SimpleQueueService\./, "");
  const [code = ""] = bare.split(";", 1);
  return prefixed.has(code) ? `AWS.SimpleQueueService.${bare}` : bare;
}
