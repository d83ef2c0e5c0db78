import type { SQSClient } from "@aws-sdk/client-sqs";
import type { InvokeResult, LocalFunction } from "../function/index.ts";

/** One batch that was invoked and settled. */
export interface BatchReport {
  readonly messageIds: readonly string[];
  readonly result: InvokeResult;
  /** The ids left in the queue, to come again after their visibility timeout. */
  readonly failures: readonly string[];
  /** The ids deleted from the queue. One that is in neither list could not be deleted: it comes again. */
  readonly deleted: readonly string[];
  /** ms from the invocation to the last delete. */
  readonly ms: number;
}

export interface EventSourceOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  /** Messages in one invocation at most: 1 to 10. */
  readonly batchSize: number;
  /** ms to wait for a batch to fill, from its first message; 0: invoke with what one receive gave. */
  readonly windowMs: number;
  /** Invocations at once; at most the function's own maximum. */
  readonly maximumConcurrency: number;
  /** FunctionResponseTypes: ReportBatchItemFailures. */
  readonly reportBatchItemFailures: boolean;
  readonly fn: LocalFunction;
  readonly onBatch?: (report: BatchReport) => void;
  /** What went wrong and goes on being tried; the event source itself never ends by it. */
  readonly onError: (error: Error) => void;
}

/** Options that cannot work: the message names the field, its value and the fix. */
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
        "lower it, or messages would wait received and use up their visibility timeout",
    );
  }
}

function requireWhole(field: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new EventSourceOptionsError(
    `${field} is ${value}: use a whole number from ${least} to ${most}`,
  );
}
