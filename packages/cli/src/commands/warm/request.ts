import { setTimeout as pause } from "node:timers/promises";

/** What became of a request for a rendition. */
export interface Requested {
  /**
   * `made`: the function made it for this request. `there`: it was in a cache or in the bucket. `later`:
   * it is too large or too costly for the function, and the worker makes it.
   */
  readonly kind: "made" | "there" | "later" | "failed";
  /** Undefined: there was no answer. */
  readonly status: number | undefined;
  readonly bytes: number;
  /** Until the answer had arrived, without earlier ones that were too early. */
  readonly seconds: number;
  /** Why it failed. */
  readonly reason?: string;
}

/** Statuses of a function that is throttled, busy or out of time. */
const RETRIED = [429, 500, 502, 503, 504];
const MAX_RETRIES = 5;
/** The longest that a `Retry-After` is followed, s. */
const MAX_WAIT_SECONDS = 30;
/** Longer than CloudFront waits for the function, ms. */
const TIMEOUT_MS = 60_000;

/**
 * Requests an address as a viewer does, and reads the answer. An answer that says that it is too early is
 * followed by another request, at most five times.
 *
 * @throws the signal's reason
 */
export async function request(url: string, signal: AbortSignal): Promise<Requested> {
  for (let retries = 0; ; retries++) {
    const answer = await requestOnce(url, signal);
    const mayRetry = answer.status === undefined || RETRIED.includes(answer.status);
    if (!mayRetry || retries === MAX_RETRIES) return answer;
    const seconds = Math.min(MAX_WAIT_SECONDS, answer.retryAfter ?? 2 ** retries);
    await pause(seconds * 1000, undefined, { signal });
  }
}

async function requestOnce(
  url: string,
  signal: AbortSignal,
): Promise<Requested & { readonly retryAfter?: number }> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await fetch(url, { signal: either, redirect: "manual" });
    const { status, headers } = answer;
    const bytes = (await answer.arrayBuffer()).byteLength;
    if (status === 200) return { kind: kindOf(headers), status, bytes, seconds: seconds() };
    const reason = headers.get("x-imagefleet-reason");
    const wait = headers.get("retry-after") ?? "";
    return {
      kind: "failed",
      status,
      bytes,
      seconds: seconds(),
      ...(reason !== null && { reason }),
      ...(/^\d+$/.test(wait) && { retryAfter: Number(wait) }),
    };
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    return { kind: "failed", status: undefined, bytes: 0, seconds: seconds(), reason };
  }
}

function kindOf(headers: Headers): Requested["kind"] {
  if (headers.has("x-imagefleet-substitute")) return "later";
  // S3 says when an object was stored; the function does not.
  const isStored = headers.has("last-modified") || /^Hit/i.test(headers.get("x-cache") ?? "");
  return isStored ? "there" : "made";
}
