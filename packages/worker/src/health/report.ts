import * as v from "valibot";

/** What the worker last said of itself. */
export const healthSchema = v.object({
  /** ms since the epoch */
  at: v.number(),
  /** Do its loops turn, and its leases beat? */
  live: v.boolean(),
  /** Was each queue's last receive answered, and is there no stop under way? */
  ready: v.boolean(),
  /** Why not live. */
  why: v.optional(v.string()),
});

export type HealthReport = v.InferOutput<typeof healthSchema>;
