import * as v from "valibot";
import { eventBridgeSchema, JOB_TYPES, objectEventSchema } from "./event-bridge.ts";
import { issueText } from "./issue-text.ts";
import type { Job } from "./job.ts";
import { JOB_TYPE, jobMessageSchema } from "./job-message.ts";
import {
  isJobEvent,
  objectRecordSchema,
  s3NotificationSchema,
  s3TestEventSchema,
} from "./s3-notification.ts";

export type Intake =
  | { readonly kind: "jobs"; readonly jobs: readonly Job[] }
  | { readonly kind: "ignored"; readonly why: string }
  | { readonly kind: "malformed"; readonly message: string };

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const snsSchema = v.object({ Type: v.literal("Notification"), Message: v.string() });

/** A body may have thousands of issues: parsing stops at the first. */
const FIRST = { abortEarly: true } as const;

/**
 * Parses the body of a message. Never throws: a body that cannot be read is `malformed`, with the
 * reason. Nothing here recurses into a value deeper than its schema: a body may be nested deeper than
 * the stack allows (`JSON.parse` reads such a body, `JSON.stringify` does not write it).
 *
 * @example
 * const intake = parseMessage(body);
 * if (intake.kind === "jobs") console.log(intake.jobs.map(({ key }) => key));
 */
export function parseMessage(body: string): Intake {
  try {
    return parse(body, true);
  } catch (error) {
    return malformed(`the body cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function parse(body: string, mayBeWrapped: boolean): Intake {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return malformed(`the body is not JSON: ${excerpt(body)}`);
  }
  if (typeof value !== "object" || value === null) {
    const found = body.trim().slice(0, 80).toWellFormed();
    return malformed(`the body must be a JSON object, but it is ${found}`);
  }
  // A body that resembles one schema is parsed by that one, so that the dead letter names the issue.
  if ("type" in value && value.type === JOB_TYPE) {
    const own = v.safeParse(jobMessageSchema, value, FIRST);
    return own.success ? { kind: "jobs", jobs: [own.output] } : unlike("a job message", own.issues);
  }
  if ("Records" in value) return ofS3(value);
  if ("detail-type" in value || "detail" in value) return ofEventBridge(value);
  if (v.is(s3TestEventSchema, value)) return { kind: "ignored", why: "an s3:TestEvent" };
  if (mayBeWrapped && v.is(snsSchema, value)) return parse(value.Message, false);
  return malformed(
    `the body is not an S3 event, EventBridge event, SNS notification or job message: ${excerpt(body)}`,
  );
}

function ofS3(value: object): Intake {
  const what = "an S3 event";
  const notification = v.safeParse(s3NotificationSchema, value, FIRST);
  if (!notification.success) return unlike(what, notification.issues);
  const records = notification.output.Records;
  const jobs: Job[] = [];
  for (const [index, record] of records.entries()) {
    if (!isJobEvent(record.eventName)) continue;
    const parsed = v.safeParse(objectRecordSchema, record, FIRST);
    if (!parsed.success) return unlike(what, parsed.issues, `Records.${index}.`);
    jobs.push(parsed.output);
  }
  if (jobs.length > 0) return { kind: "jobs", jobs };
  const [other] = records;
  const why = other ? `an S3 event ${excerpt(other.eventName)}` : "an S3 event without records";
  return { kind: "ignored", why };
}

function ofEventBridge(value: object): Intake {
  const what = "an EventBridge event";
  const event = v.safeParse(eventBridgeSchema, value, FIRST);
  if (!event.success) return unlike(what, event.issues);
  const type = event.output["detail-type"];
  if (!JOB_TYPES.includes(type)) {
    return { kind: "ignored", why: `an EventBridge event ${excerpt(type)}` };
  }
  const parsed = v.safeParse(objectEventSchema, value, FIRST);
  return parsed.success ? { kind: "jobs", jobs: [parsed.output] } : unlike(what, parsed.issues);
}

function unlike(what: string, [issue]: readonly v.BaseIssue<unknown>[], above = ""): Intake {
  const why = issue === undefined ? "it is not valid" : issueText(issue, above);
  return malformed(`the body looks like ${what}, but ${why}`);
}

function malformed(message: string): Intake {
  return { kind: "malformed", message };
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
