import type { FailedReason, RejectedReason } from "./reason.ts";

export const LANES = ["small", "large"] as const;
/** The Lambda function drains `small`, the Fargate worker `large`. */
export type Lane = (typeof LANES)[number];

/**
 * How a job ended, from a closed set. `bytesIn` and `bytesOut` are bytes read from and written to S3.
 * `bytesSaved` is how many bytes smaller than the source its smallest rendition in the source's own
 * size is, if there is one. `damaged` is why the source is damaged, if it was rendered nevertheless.
 */
export type Outcome =
  | {
      kind: "rendered";
      renditions: number;
      bytesIn: number;
      bytesOut: number;
      bytesSaved?: number;
      damaged?: string;
    }
  | { kind: "unchanged" }
  | { kind: "removed"; removed: number }
  /** `mayHaveRun`: the small lane may have left renditions. */
  | { kind: "forwarded"; why: string; mayHaveRun?: true }
  | { kind: "ignored"; why: string }
  | { kind: "rejected"; reason: RejectedReason; message: string }
  | { kind: "failed"; reason: FailedReason; message: string };

export type OutcomeKind = Outcome["kind"];
