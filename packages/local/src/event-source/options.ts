import type { SQSClient } from "@aws-sdk/client-sqs";
import type { InvokeResult, LocalFunction } from "../function/index.ts";

/** A batch that was invoked and settled. */
export interface BatchReport {
  readonly messageIds: readonly string[];
  readonly result: InvokeResult;
  /** The ids of messages that stay in the queue and are received again after their visibility timeout. */
  readonly failures: readonly string[];
  /** The ids of deleted messages. An id in neither list could not be deleted and is received again. */
  readonly deleted: readonly string[];
  /** ms from the invocation to the last delete. */
  readonly ms: number;
}

export interface EventSourceOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  /** The most messages of one invocation: 1 to 10. */
  readonly batchSize: number;
  /** The ms from its first message that a batch waits for more; 0: a batch is one receive. */
  readonly windowMs: number;
  /** The most concurrent invocations; at most the function's own maximum. */
  readonly maximumConcurrency: number;
  /** FunctionResponseTypes: ReportBatchItemFailures. */
  readonly reportBatchItemFailures: boolean;
  readonly fn: LocalFunction;
  readonly onBatch?: (report: BatchReport) => void;
  /** Receives errors, after which the event source continues. */
  readonly onError: (error: Error) => void;
}

/** Invalid options. The message has the field, its value and the fix. */
export class EventSourceOptionsError extends Error {
  override readonly name = "EventSourceOptionsError";
}

/** Lambda's largest MaximumBatchingWindowInSeconds. */
const LONGEST_WINDOW_MS = 300_000;

/** @throws EventSourceOptionsError */
export function checkEventSourceOptions(options: EventSourceOptions): void {
  const { batchSize, windowMs, maximumConcurrency, fn } = options;
  requireWhole("batchSize", batchSize, 1, 10);
  requireWhole("windowMs", windowMs, 0, LONGEST_WINDOW_MS);
  requireWhole("maximumConcurrency", maximumConcurrency, 1, 1000);
  if (maximumConcurrency > fn.maximumConcurrency) {
    throw new EventSourceOptionsError(
      `maximumConcurrency is ${maximumConcurrency}, but the function ${fn.name} takes ${fn.maximumConcurrency} at once: ` +
        "lower it, because waiting messages would use up their visibility timeout",
    );
  }
}

function requireWhole(field: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new EventSourceOptionsError(
    `${field} is ${value}: use a whole number from ${least} to ${most}`,
  );
}
