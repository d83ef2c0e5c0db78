import * as v from "valibot";
import { FAILED_REASONS } from "../outcome/index.ts";
import { messageBody } from "./message-body.ts";
import { bucketName, objectKey } from "./object-name.ts";

const noticeSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    type: v.literal("imagefleet.notice"),
    version: v.literal(1),
    bucket: bucketName,
    key: objectKey,
    at: v.pipe(v.string(), v.isoTimestamp()),
    failed: v.optional(v.object({ reason: v.picklist(FAILED_REASONS), message: v.string() })),
  }),
);

/**
 * What an attempt tells the catalog about a source where no event of a manifest does: the job has
 * failed for good, or it ended and wrote no manifest, so that an earlier failure may be over.
 */
export type Notice = v.InferOutput<typeof noticeSchema>;

/**
 * The body of a notice.
 *
 * @example
 * const notice = { bucket: "uploads", key: "tom.jpg", at: new Date().toISOString() };
 * await queue.send({ body: noticeMessage(notice) });
 */
export function noticeMessage(notice: Omit<Notice, "type" | "version">): string {
  return messageBody({ type: "imagefleet.notice", version: 1, ...notice });
}

/**
 * The notice in a message's body; undefined for another body.
 *
 * @example
 * parseNotice(body)?.failed?.reason; // "TimedOut"
 */
export function parseNotice(body: string): Notice | undefined {
  const parsed = v.safeParse(noticeSchema, body);
  return parsed.success ? parsed.output : undefined;
}
