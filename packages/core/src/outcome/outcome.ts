import type { FailedReason, RejectedReason } from "./reason.ts";

export const LANES = ["small", "large"] as const;
/** `small` is drained by the Lambda function, `large` by the Fargate worker. */
export type Lane = (typeof LANES)[number];

/**
 * How a job ended: a closed set. `bytesIn` and `bytesOut` are bytes read from and written to S3,
 * `bytesSaved` what the smallest rendition of the source's own size has less than it, if there is one.
 * `damaged` says why the source is, where it was rendered all the same.
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
  /** `mayHaveRun`: it may have left traces on the way here. */
  | { kind: "forwarded"; why: string; mayHaveRun?: true }
  | { kind: "ignored"; why: string }
  | { kind: "rejected"; reason: RejectedReason; message: string }
  | { kind: "failed"; reason: FailedReason; message: string };

export type OutcomeKind = Outcome["kind"];
