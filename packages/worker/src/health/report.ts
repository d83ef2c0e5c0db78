import * as v from "valibot";

/** A report of the worker about its health. */
export const healthSchema = v.object({
  /** ms since the epoch */
  at: v.number(),
  /** Its receive loops and its heartbeats work. */
  live: v.boolean(),
  /** The last receive of each queue was answered, and the worker is not stopping. */
  ready: v.boolean(),
  /** Why it is not live. */
  why: v.optional(v.string()),
});

export type HealthReport = v.InferOutput<typeof healthSchema>;
