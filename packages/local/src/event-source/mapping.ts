import type { Message } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import type { InvokeResult } from "../function/index.ts";
import { Backoff } from "./backoff.ts";
import { gather } from "./gather.ts";
import { recordOf } from "./message.ts";
import type { EventSourceOptions } from "./options.ts";
import { describe, Queue } from "./queue.ts";
import { judgeResponse, type Verdict } from "./response.ts";

/** Receives, invokes and settles until `stopping` is aborted. */
export class Mapping {
  inFlight = 0;
  readonly stopping = new AbortController();
  readonly #options: EventSourceOptions;
  readonly #queue: Queue;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #serverBackoff = new Backoff();
  /**
   * Lambda reduces pollers while a function fails. AWS documents this as off with
   * ReportBatchItemFailures. It is always on here, because a handler that cannot start would keep a laptop
   * busy.
   */
  readonly #functionBackoff = new Backoff();

  constructor(options: EventSourceOptions) {
    this.#options = options;
    this.#queue = new Queue(options.sqs, options.queueUrl);
  }

  async run(): Promise<void> {
    const { signal } = this.stopping;
    let accepted = false;
    while (!signal.aborted) {
      // A slot first: a message that is received earlier would wait within its visibility timeout.
      while (this.#inFlight.size >= this.#options.maximumConcurrency)
        await Promise.race(this.#inFlight);
      await this.#serverBackoff.due(signal);
      await this.#functionBackoff.due(signal);
      if (signal.aborted) break;
      try {
        accepted ||= await this.#accept();
        if (!accepted) break;
        const messages = await this.#gather();
        this.#serverBackoff.succeeded();
        if (signal.aborted) await this.#release(messages);
        else if (messages.length > 0) this.#start(messages);
      } catch (error) {
        const ms = this.#serverBackoff.failed();
        this.#report(
          `${this.#options.queueUrl} does not respond; the next attempt is in ${ms} ms`,
          error,
        );
      }
    }
    await Promise.all(this.#inFlight);
  }

  /** AWS rejects a mapping whose messages would be received again while the function works on them. */
  async #accept(): Promise<boolean> {
    const { fn, queueUrl } = this.#options;
    const visibility = await this.#queue.visibilityTimeout();
    if (visibility === undefined || visibility >= fn.timeoutMs) return true;
    this.#report(
      `Nothing is received from ${queueUrl}: its visibility timeout of ${visibility} ms is less than the timeout ` +
        `of ${fn.name}, ${fn.timeoutMs} ms, which AWS rejects. Raise it, ideally to six times the function's`,
    );
    return false;
  }

  #gather(): Promise<readonly Message[]> {
    return gather(this.#queue, {
      batchSize: this.#options.batchSize,
      windowMs: this.#options.windowMs,
      stopping: this.stopping.signal,
      onReceived: (count) => {
        this.inFlight += count;
      },
      onError: this.#options.onError,
    });
  }

  #start(messages: readonly Message[]): void {
    const work = this.#work(messages)
      .catch((error: unknown) =>
        this.#report(
          "A batch failed; messages that were not deleted will be received again",
          error,
        ),
      )
      .finally(() => {
        this.inFlight -= messages.length;
        this.#inFlight.delete(work);
      });
    this.#inFlight.add(work);
  }

  async #work(messages: readonly Message[]): Promise<void> {
    const mayHaveRun = performance.now();
    const { fn, onBatch } = this.#options;
    const records = messages.map((message) => recordOf(message, this.#options));
    const messageIds = records.map((record) => record.messageId);
    let result: InvokeResult;
    try {
      result = await fn.invoke({ Records: records });
    } catch (error) {
      this.#functionBackoff.failed();
      throw error;
    }
    const { failures, wrong } = this.#judge(result, messageIds);
    if (result.kind === "returned" && wrong === undefined) this.#functionBackoff.succeeded();
    else this.#functionBackoff.failed();
    if (wrong)
      this.#report(
        `${fn.name} returned a response that AWS treats as a failure of the whole batch: ${wrong}`,
      );
    const deleted = await this.#delete(records, failures);
    onBatch?.({ messageIds, result, failures, deleted, ms: performance.now() - mayHaveRun });
  }

  #judge(result: InvokeResult, messageIds: readonly string[]): Verdict {
    if (result.kind !== "returned") return { failures: messageIds };
    if (!this.#options.reportBatchItemFailures) return { failures: [] };
    return judgeResponse(result.payload, messageIds);
  }

  async #delete(records: readonly SQSRecord[], failures: readonly string[]): Promise<string[]> {
    const left = new Set(failures);
    const { deleted, faults } = await this.#queue.delete(
      records.filter(({ messageId }) => !left.has(messageId)),
    );
    if (faults.length > 0) {
      this.#report(
        `Messages were handled but not deleted, and will be received again: ${faults.join("; ")}`,
      );
    }
    return deleted;
  }

  async #release(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    try {
      await this.#queue.release(messages);
    } catch (error) {
      this.#report(
        "Messages that were received at the stop are visible only after their visibility timeout",
        error,
      );
    } finally {
      this.inFlight -= messages.length;
    }
  }

  #report(what: string, cause?: unknown): void {
    this.#options.onError(
      cause === undefined ? new Error(what) : new Error(`${what}: ${describe(cause)}`, { cause }),
    );
  }
}
