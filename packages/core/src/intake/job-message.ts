import * as v from "valibot";
import type { Job } from "./job.ts";
import { messageBody } from "./message-body.ts";
import { bucketName, objectKey, sizeHint, timeHint } from "./object-name.ts";

export const JOB_TYPE = "imagefleet.job";

export const jobMessageSchema = v.pipe(
  v.object({
    type: v.literal(JOB_TYPE),
    version: v.literal(1),
    bucket: bucketName,
    key: objectKey,
    bytes: v.optional(sizeHint),
    at: v.optional(timeHint),
    mayHaveRun: v.optional(v.boolean(), false),
    force: v.optional(v.boolean(), false),
    check: v.optional(v.array(objectKey)),
    checkedEtags: v.optional(v.array(v.string())),
    want: v.optional(v.array(objectKey)),
    trace: v.optional(v.string()),
    run: v.optional(v.string()),
  }),
  v.transform((message): Job => {
    const { bucket, key, bytes, at, mayHaveRun, force, check, checkedEtags, want, trace, run } =
      message;
    return {
      bucket,
      key,
      ...(bytes !== undefined && { bytes }),
      ...(at !== undefined && { at }),
      mayHaveRun,
      force,
      ...(check !== undefined && { check }),
      ...(checkedEtags !== undefined && { checkedEtags }),
      ...(want !== undefined && { want }),
      ...(run !== undefined && { run }),
      ...(trace !== undefined && { trace }),
    };
  }),
);

/**
 * The body of a job message, as it is sent by a forward, a requeue or a command. A job without `at`,
 * the time of sending, counts as one that may have run, and takes no shortcut.
 *
 * @example
 * const job = { bucket: "uploads", key: "cats/tom.jpg", mayHaveRun: false, force: true };
 * await queue.send({ body: jobMessage({ ...job, at: Date.now() }) });
 */
export function jobMessage(job: Job): string {
  return messageBody({
    type: JOB_TYPE,
    version: 1,
    bucket: job.bucket,
    key: job.key,
    bytes: job.bytes,
    at: job.at === undefined ? undefined : new Date(job.at).toISOString(),
    mayHaveRun: job.mayHaveRun || undefined,
    force: job.force || undefined,
    check: job.check,
    checkedEtags: job.checkedEtags,
    want: job.want,
    trace: job.trace,
    run: job.run,
  });
}
