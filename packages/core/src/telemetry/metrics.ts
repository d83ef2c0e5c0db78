/** The units of metrics, as CloudWatch names them. */
export type Unit = "Count" | "Milliseconds" | "Bytes";

interface Metric {
  readonly unit: Unit;
  /** The fields that distinguish its series. Each combination of their values costs money. */
  readonly dimensions: readonly string[];
}

const perLane = { unit: "Bytes", dimensions: ["lane"] } as const;
const perSize = { unit: "Milliseconds", dimensions: ["size"] } as const;

/**
 * The fields of log lines that are also metrics, with the same names. A line has a metric if it has
 * the field and all of its dimensions. infra/metric-names.ts has the same names for the dashboard,
 * and docs/telemetry.md describes them; tests compare the three.
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
  deliveries: { unit: "Count", dimensions: ["answer"] },
  deliverMs: { unit: "Milliseconds", dimensions: ["answer"] },
} as const satisfies Record<string, Metric>;
