import { Failure, type Outcome, Rejection } from "../outcome/index.ts";

/**
 * Converts an error to an outcome. The reason of an aborted signal replaces the error.
 *
 * @example
 * outcomeOf(error, signal).kind; // "rejected" for a Rejection, "failed" for any other error
 */
export function outcomeOf(error: unknown, signal?: AbortSignal): Outcome {
  const cause = signal?.aborted ? signal.reason : error;
  if (cause instanceof Rejection) {
    return { kind: "rejected", reason: cause.reason, message: cause.message };
  }
  if (cause instanceof Failure) {
    return { kind: "failed", reason: cause.reason, message: cause.message };
  }
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return { kind: "failed", reason: "Internal", message };
}
