import type { FailedReason, RejectedReason } from "./reason.ts";

/** Ends a job for good: the source, the message or the recipe is to blame. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly reason: RejectedReason;

  /** @param message short, for a person, without secrets: it travels with the dead letter */
  constructor(reason: RejectedReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Ends this attempt: the message stays in its queue and comes back later. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly reason: FailedReason;

  /** @param message short, for a person, without secrets: it travels with the dead letter */
  constructor(reason: FailedReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
