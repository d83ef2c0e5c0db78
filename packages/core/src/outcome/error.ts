import type { FailedReason, RejectedReason } from "./reason.ts";

/** Ends a job: the source, the message or the recipe is at fault, and a retry cannot help. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly reason: RejectedReason;

  /** @param message short, for a person, without secrets: it becomes part of the dead letter */
  constructor(reason: RejectedReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Ends an attempt: the message stays in its queue and is retried later. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly reason: FailedReason;

  /** @param message short, for a person, without secrets: it becomes part of the dead letter */
  constructor(reason: FailedReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
