import * as v from "valibot";
import type { Job } from "./job.ts";
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
    trace: v.optional(v.string()),
    run: v.optional(v.string()),
  }),
  v.transform(({ bucket, key, bytes, at, mayHaveRun, force, trace, run }): Job => {
    return {
      bucket,
      key,
      ...(bytes !== undefined && { bytes }),
      ...(at !== undefined && { at }),
      mayHaveRun,
      force,
      ...(run !== undefined && { run }),
      ...(trace !== undefined && { trace }),
    };
  }),
);

/**
 * Of what JSON leaves as it is, the only two characters that SQS refuses in a body: it takes what XML
 * 1.0 can carry. Others beside them, and lone surrogates, JSON escapes by itself.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const NOT_XML = /[\ufffe\uffff]/g;

/**
 * A job as the body of a message of our own: what is forwarded, reprocessed and redriven by key.
 * Without `at`, the time of sending, it is not known to be the first of its kind, and takes no
 * shortcut.
 */
export function jobMessage(job: Job): string {
  const body = JSON.stringify({
    type: JOB_TYPE,
    version: 1,
    bucket: job.bucket,
    key: job.key,
    bytes: job.bytes,
    at: job.at === undefined ? undefined : new Date(job.at).toISOString(),
    mayHaveRun: job.mayHaveRun || undefined,
    force: job.force || undefined,
    trace: job.trace,
    run: job.run,
  });
  return body.replace(NOT_XML, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
