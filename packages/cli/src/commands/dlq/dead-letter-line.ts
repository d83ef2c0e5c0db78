import { issueText } from "@imagefleet/core/intake";
import {
  CRASHED,
  DOCTOR_TEST,
  FAILED_REASONS,
  LANES,
  type Lane,
  REJECTED_REASONS,
} from "@imagefleet/core/outcome";
import {
  DEAD_LETTER_ATTRIBUTES,
  MAX_ATTRIBUTES,
  type OutgoingMessage,
  type ReceivedMessage,
  readDeadLetter,
} from "@imagefleet/core/queue";
import * as v from "valibot";
import { printableJson } from "../../terminal/printable.ts";
import { deadLetterJson } from "./dead-letter-json.ts";

const reason = v.picklist([...REJECTED_REASONS, ...FAILED_REASONS, CRASHED, DOCTOR_TEST]);
const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

const lineSchema = v.pipe(
  v.string(),
  v.parseJson(undefined, "must be JSON"),
  v.object({
    version: v.literal(1),
    lane: v.picklist(LANES),
    reason: v.optional(reason),
    body: text,
    attributes: v.pipe(
      v.record(v.string(), text),
      v.check(
        (all) => Object.keys(all).length <= MAX_ATTRIBUTES,
        `must have ${MAX_ATTRIBUTES} attributes at most, as SQS takes no more`,
      ),
    ),
  }),
);

const knownReason = v.object({
  attributes: v.object({ [DEAD_LETTER_ATTRIBUTES.reason]: v.optional(reason) }),
});

/** A message of an export, or why the line is none. */
export type DeadLetterLine =
  | { readonly lane: Lane; readonly message: OutgoingMessage }
  | { readonly issue: string; readonly isJson: boolean };

/** A dead letter as one line of an export: what it says, and the message itself, whole. */
export function deadLetterLine(message: ReceivedMessage, lane: Lane): string {
  const { body, attributes } = message;
  return `${printableJson({ ...deadLetterJson(readDeadLetter(message, lane)), body, attributes })}\n`;
}

/** The message of a line of an export. */
export function readDeadLetterLine(line: string): DeadLetterLine {
  const parsed = v.safeParse(lineSchema, line, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return { issue: issueText(issue), isJson: issue.type !== "parse_json" };
  }
  const { lane, reason: told, body, attributes } = parsed.output;
  // Anybody may have sent a dead letter with a reason of their own: export tells it as it is read, crashed.
  const known = v.safeParse(knownReason, parsed.output);
  if (!known.success && told !== CRASHED) {
    return { issue: issueText(known.issues[0]), isJson: true };
  }
  return { lane, message: { body, attributes } };
}
