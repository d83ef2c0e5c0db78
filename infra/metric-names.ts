/**
 * The fleet's own metrics, which its programs write into their logs in CloudWatch's embedded metric
 * format. Few dimensions: each combination is a metric that is paid for.
 */
export const METRICS = {
  namespace: "Imagefleet",
  /** How many jobs ended, and how. */
  jobs: { name: "Jobs", dimensions: ["Lane", "Outcome"] },
  /** Dead letters as they are written, by what was wrong. */
  deadLetters: { name: "DeadLetters", dimensions: ["Lane", "Reason"] },
  /** From the first look at the source to the commit, ms. */
  jobMs: { name: "JobMs", dimensions: ["Lane", "Size"] },
  /** From the message's sending to its job's beginning, ms. */
  waitMs: { name: "QueueWaitMs", dimensions: ["Lane"] },
  bytesIn: { name: "BytesIn", dimensions: ["Lane"] },
  bytesOut: { name: "BytesOut", dimensions: ["Lane"] },
} as const;
