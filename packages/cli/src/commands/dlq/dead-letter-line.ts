import { LANES, type Lane } from "@imagefleet/core/outcome";
import {
  MAX_ATTRIBUTES,
  type OutgoingMessage,
  type ReceivedMessage,
  readDeadLetter,
} from "@imagefleet/core/queue";
import * as v from "valibot";
import { printableJson } from "../../terminal/printable.ts";
import { deadLetterJson } from "./dead-letter-json.ts";

const lineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    version: v.literal(1),
    lane: v.picklist(LANES),
    body: v.pipe(v.string(), v.nonEmpty()),
    attributes: v.pipe(
      v.record(v.string(), v.pipe(v.string(), v.nonEmpty())),
      v.check((all) => Object.keys(all).length <= MAX_ATTRIBUTES),
    ),
  }),
);

/** A dead letter as one line of an export: what it says, and the message itself, whole. */
export function deadLetterLine(message: ReceivedMessage, lane: Lane): string {
  const { body, attributes } = message;
  return `${printableJson({ ...deadLetterJson(readDeadLetter(message, lane)), body, attributes })}\n`;
}

/** The message of a line of an export; undefined when it is none. */
export function readDeadLetterLine(
  line: string,
): { readonly lane: Lane; readonly message: OutgoingMessage } | undefined {
  const parsed = v.safeParse(lineSchema, line);
  if (!parsed.success) return undefined;
  const { lane, body, attributes } = parsed.output;
  return { lane, message: { body, attributes } };
}
