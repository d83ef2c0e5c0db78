import { Failure, Rejection } from "../outcome/index.ts";

/** The errors by which S3 and SQS throttle. The SDK retries them first, and SQS after that. */
const THROTTLES = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  "RequestThrottled",
  "KmsThrottled",
]);

/**
 * Converts an error of the AWS SDK, or of a body that broke off, to a Failure `Throttled` or
 * `StoreUnavailable`. A Failure, a Rejection and the reason of an aborted signal are returned as they
 * are.
 *
 * @param what the call, for the message: `read s3://bucket/key`
 *
 * @example
 * throw asFailure("read s3://uploads/cats/tom.jpg", error, signal);
 */
export function asFailure(what: string, error: unknown, signal?: AbortSignal): Error {
  if (error instanceof Failure || error instanceof Rejection) return error;
  if (signal?.aborted && signal.reason instanceof Error) return signal.reason;
  const { name, message, status } = describe(error);
  const throttled = THROTTLES.has(name) || status === 429 || name === "ServiceUnavailable";
  const detail = message && message !== name ? `${name}, ${message}` : name;
  return new Failure(
    throttled ? "Throttled" : "StoreUnavailable",
    `could not ${what}: ${detail}${status === undefined ? "" : ` (HTTP ${status})`}`,
    { cause: error },
  );
}

/**
 * The HTTP status of an SDK error; undefined if there was no answer.
 *
 * @example
 * const isMissing = statusOf(error) === 404;
 */
export function statusOf(error: unknown): number | undefined {
  return describe(error).status;
}

function describe(error: unknown): { name: string; message: string; status?: number } {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  const status =
    typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
      ? metadata.httpStatusCode
      : undefined;
  return {
    name: "code" in error && typeof error.code === "string" ? error.code : error.name,
    message: error.message,
    ...(typeof status === "number" ? { status } : {}),
  };
}
