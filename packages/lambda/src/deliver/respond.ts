import { setTimeout } from "node:timers/promises";
import { LATE_WRITE_SECONDS } from "@imagefleet/core/attempt";
import { type Answer, deliver, notFound, unavailable } from "@imagefleet/core/deliver";
import { Failure } from "@imagefleet/core/outcome";
import { type Delivered, logDelivery } from "@imagefleet/core/telemetry";
import * as v from "valibot";
import type { Deliver } from "./compose.ts";
import { type HttpResponse, refusal, responseOf } from "./response.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
const eventSchema = v.object({
  rawPath: v.string(),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  requestContext: v.object({ http: v.object({ method: v.string() }) }),
});

/** Reserved for the answer after the work is aborted, ms. At most a tenth of the invocation. */
const ANSWER_MS = 1500;
/** How long an aborted delivery may take to end by itself, ms. A step of the codec may take longer. */
const ABORTED_MS = 100;
/** More than a viewer waits. It keeps the check's delay under SQS's 900 s. */
const MOST_MS = 120_000;

const OUT_OF_TIME = "the function ran out of time";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html */
const MOST_BYTES = 200 * 1024 * 1024;

/**
 * Answers one request of a function URL. Never throws.
 *
 * @param remainingMs the time left of the invocation, ms
 */
export async function respond(
  event: unknown,
  remainingMs: number,
  program: Deliver,
): Promise<HttpResponse> {
  const request = v.safeParse(eventSchema, event);
  if (!request.success) {
    program.log.error({ issues: v.flatten(request.issues) }, "the event is not of a function URL");
    return refusal(400);
  }
  const { rawPath, headers, requestContext } = request.output;
  const { method } = requestContext.http;
  if (method !== "GET" && method !== "HEAD") return refusal(405);
  const { now } = program.resources;
  const from = now();
  const key = keyOf(rawPath);
  const answer =
    key === undefined
      ? notFound("NotInRecipe")
      : sendable(await answerInTime(key, remainingMs, program));
  const to = now();
  logDelivery(program, { key: key ?? rawPath, ...deliveredBy(answer), ms: to - from }, to);
  return responseOf(answer, { method, ifNoneMatch: headers["if-none-match"] });
}

/** A path is a key that is encoded once, as S3 reads it. Undefined: it cannot be decoded. */
function keyOf(rawPath: string): string | undefined {
  if (!rawPath.startsWith("/")) return undefined;
  try {
    return decodeURIComponent(rawPath.slice(1));
  } catch {
    return undefined;
  }
}

/** Answers at the deadline even if a step of the codec still runs: nothing is written after it. */
async function answerInTime(
  key: string,
  remainingMs: number,
  { resources }: Deliver,
): Promise<Answer> {
  const workMs = Math.min(MOST_MS, remainingMs - Math.min(ANSWER_MS, remainingMs / 10));
  const settleSeconds = Math.ceil((workMs + ABORTED_MS) / 1000) + LATE_WRITE_SECONDS;
  const stop = new AbortController();
  const over = new AbortController();
  const timer = globalThis.setTimeout(
    () => stop.abort(new Failure("TimedOut", OUT_OF_TIME)),
    workMs,
  );
  const late = setTimeout(workMs + ABORTED_MS, unavailable(OUT_OF_TIME, 1), {
    signal: over.signal,
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([deliver(key, { ...resources, settleSeconds }, stop.signal), late]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** A stored rendition that is larger than a response may be is answered by S3 at the next request. */
function sendable(answer: Answer): Answer {
  if (answer.status !== 200 || answer.body.length <= MOST_BYTES) return answer;
  const message = `the rendition has ${answer.body.length} bytes, and a response at most ${MOST_BYTES}`;
  return unavailable(message, 1);
}

function deliveredBy(answer: Answer): Delivered {
  switch (answer.status) {
    case 200:
      return {
        answer: answer.substitute === undefined ? "made" : "substitute",
        bytes: answer.body.length,
        ...(answer.substitute && { substitute: answer.substitute }),
      };
    case 404:
      return { answer: "notFound", reason: answer.reason };
    case 503:
      return { answer: "unavailable", message: answer.message };
  }
}
