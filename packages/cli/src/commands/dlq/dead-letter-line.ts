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
import { deadLetterJson } from "../../dead-letters/json.ts";
import { printableJson } from "../../terminal/printable.ts";

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

/** A message of an export, or what is wrong with the line. */
export type DeadLetterLine =
  | { readonly lane: Lane; readonly message: OutgoingMessage }
  | { readonly issue: string; readonly isJson: boolean };

/** One line of an export: the dead letter with the body and the attributes of its message. */
export function deadLetterLine(message: ReceivedMessage, lane: Lane): string {
  const { body, attributes } = message;
  return `${printableJson({ ...deadLetterJson(readDeadLetter(message, lane)), body, attributes })}\n`;
}

/** Reads a line of an export. */
export function readDeadLetterLine(line: string): DeadLetterLine {
  const parsed = v.safeParse(lineSchema, line, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return { issue: issueText(issue), isJson: issue.type !== "parse_json" };
  }
  const { lane, reason: readAs, body, attributes } = parsed.output;
  // A foreign sender may have set an unknown reason. Such a dead letter is read, and exported, as crashed.
  const known = v.safeParse(knownReason, parsed.output);
  if (!known.success && readAs !== CRASHED) {
    return { issue: issueText(known.issues[0]), isJson: true };
  }
  return { lane, message: { body, attributes } };
}
