import * as v from "valibot";
import { eventBridgeSchema, jobOfEventBridge } from "./event-bridge.ts";
import type { Job } from "./job.ts";
import { jobMessageSchema } from "./job-message.ts";
import { jobsOfS3, s3NotificationSchema, s3TestEventSchema } from "./s3-notification.ts";
import { timeOf } from "./time.ts";

export type Intake =
  | { readonly kind: "jobs"; readonly jobs: readonly Job[] }
  | { readonly kind: "ignored"; readonly why: string }
  | { readonly kind: "malformed"; readonly message: string };

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const snsSchema = v.object({ Type: v.literal("Notification"), Message: v.string() });

/** What a message's body asks for. Never throws: what cannot be read is `malformed`, with the reason. */
export function parseMessage(body: string): Intake {
  return parse(body, true);
}

function parse(body: string, mayBeWrapped: boolean): Intake {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return malformed(`the body is not JSON: ${excerpt(body)}`);
  }

  const own = v.safeParse(jobMessageSchema, value);
  if (own.success) return { kind: "jobs", jobs: [jobOf(own.output)] };

  const s3 = v.safeParse(s3NotificationSchema, value);
  if (s3.success) {
    try {
      return { kind: "jobs", jobs: jobsOfS3(s3.output) };
    } catch {
      const key = s3.output.Records[0]?.s3.object.key ?? "";
      return malformed(`the key is not form-encoded UTF-8: ${excerpt(key)}`);
    }
  }

  const bridge = v.safeParse(eventBridgeSchema, value);
  if (bridge.success) return { kind: "jobs", jobs: [jobOfEventBridge(bridge.output)] };

  if (v.is(s3TestEventSchema, value)) return { kind: "ignored", why: "an s3:TestEvent" };

  if (mayBeWrapped && v.is(snsSchema, value)) return parse(value.Message, false);

  return malformed(closest(value, { own, s3, bridge }));
}

function jobOf(message: v.InferOutput<typeof jobMessageSchema>): Job {
  const { bucket, key, bytes, at, begun, force, trace, run } = message;
  return {
    bucket,
    key,
    ...(bytes !== undefined && { bytes }),
    ...timeOf(at),
    begun,
    force,
    ...(run !== undefined && { run }),
    ...(trace !== undefined && { trace }),
  };
}

/** The fault of the form that the body resembles most, so that the letter says what to mend. */
function closest(
  value: unknown,
  tried: Record<"own" | "s3" | "bridge", { issues?: readonly v.BaseIssue<unknown>[] | undefined }>,
): string {
  if (typeof value !== "object" || value === null) return `the body is ${excerpt(String(value))}`;
  const form =
    "Records" in value ? "s3" : "detail" in value ? "bridge" : "type" in value ? "own" : undefined;
  const issue = form && tried[form].issues?.[0];
  if (!form || !issue) {
    return `the body is no S3 event, EventBridge event, SNS notification or job message: ${excerpt(JSON.stringify(value))}`;
  }
  const names = { s3: "an S3 event", bridge: "an EventBridge event", own: "a job message" };
  return `the body looks like ${names[form]}, but ${v.getDotPath(issue) ?? "it"}: ${issue.message}`;
}

function malformed(message: string): Intake {
  return { kind: "malformed", message };
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
