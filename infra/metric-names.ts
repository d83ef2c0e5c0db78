/**
 * The fleet's own metrics, by name, and the dimensions of each: what its programs write into their
 * logs, said once more for who draws it. docs/telemetry.md tells what they are, and a test holds
 * this against what the programs say.
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
} as const;
export type MetricName = keyof typeof METRICS;

/** A job's time, stage by stage. */
export const PHASES = [
  "fetchMs",
  "probeMs",
  "queuedMs",
  "decodeMs",
  "encodeMs",
  "storeMs",
] as const;
