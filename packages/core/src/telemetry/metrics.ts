/** What a metric is measured in, as CloudWatch names it. */
export type Unit = "Count" | "Milliseconds" | "Bytes";

interface Metric {
  readonly unit: Unit;
  /** The fields that tell its series apart: each combination of their values is paid for. */
  readonly dimensions: readonly string[];
}

const perLane = { unit: "Bytes", dimensions: ["lane"] } as const;
const perSize = { unit: "Milliseconds", dimensions: ["size"] } as const;

/**
 * Fields of the log's lines that are metrics too, under the same names. A line has a metric when it
 * has the field and all its dimensions. infra/metric-names.ts says the same to the dashboard, and
 * docs/telemetry.md to people; tests hold the three together.
 */
export const METRICS = {
  jobs: { unit: "Count", dimensions: ["lane", "outcome"] },
  deadLetters: { unit: "Count", dimensions: ["lane", "reason"] },
  batchSize: { unit: "Count", dimensions: ["lane"] },
  waitMs: { unit: "Milliseconds", dimensions: ["lane"] },
  jobMs: { unit: "Milliseconds", dimensions: ["lane", "size"] },
  fetchMs: perSize,
  probeMs: perSize,
  queuedMs: perSize,
  decodeMs: perSize,
  encodeMs: perSize,
  storeMs: perSize,
  bytesIn: perLane,
  bytesOut: perLane,
  bytesSaved: perLane,
} as const satisfies Record<string, Metric>;
