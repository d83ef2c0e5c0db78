/**
 * The fleet's own metrics, by name, and the dimensions of each, for the dashboard. docs/telemetry.md
 * describes them, and a test compares this list with what the programs write.
 */
export const METRICS = {
  jobs: ["lane", "outcome"],
  deadLetters: ["lane", "reason"],
  batchSize: ["lane"],
  waitMs: ["lane"],
  jobMs: ["lane", "size"],
  fetchMs: ["size"],
  probeMs: ["size"],
  queuedMs: ["size"],
  decodeMs: ["size"],
  encodeMs: ["size"],
  storeMs: ["size"],
  bytesIn: ["lane"],
  bytesOut: ["lane"],
  bytesSaved: ["lane"],
  deliveries: ["answer"],
  deliverMs: ["answer"],
} as const;
export type MetricName = keyof typeof METRICS;

/** A job's time, by phase. */
export const PHASES = [
  "fetchMs",
  "probeMs",
  "queuedMs",
  "decodeMs",
  "encodeMs",
  "storeMs",
] as const;
