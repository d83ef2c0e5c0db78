import type { DeadLetterReason, Lane } from "../outcome/index.ts";
import type { Telemetry } from "./telemetry.ts";

export interface DeadLetterLine {
  readonly lane: Lane;
  readonly reason: DeadLetterReason;
  /** Absent if the message could not be read. */
  readonly bucket?: string;
  readonly key?: string;
  readonly messageId: string;
}

/**
 * Counts a dead letter that was sent.
 *
 * @param at ms since the epoch
 *
 * @example
 * const deadLetter = { lane: "small", reason: "Internal", messageId: message.id } as const;
 * countDeadLetter(telemetry, deadLetter, Date.now());
 */
export function countDeadLetter(
  { metrics }: Telemetry,
  deadLetter: DeadLetterLine,
  at: number,
): void {
  metrics?.write("info", { ...deadLetter, deadLetters: 1 }, "dead letter", at);
}

export interface BatchLine {
  readonly lane: Lane;
  /** How many messages it had. */
  readonly batchSize: number;
  /** How many of them are retried. */
  readonly retry: number;
  readonly ms: number;
}

/**
 * Counts a batch.
 *
 * @param at ms since the epoch
 *
 * @example
 * countBatch(telemetry, { lane: "small", batchSize: 10, retry: 1, ms: 840 }, Date.now());
 */
export function countBatch({ metrics }: Telemetry, batch: BatchLine, at: number): void {
  metrics?.write("info", { ...batch, ms: Math.round(batch.ms) }, "batch", at);
}
