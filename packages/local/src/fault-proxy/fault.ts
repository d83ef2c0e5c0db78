import type { IncomingMessage } from "node:http";
import type { Call } from "./call.ts";

/** The faults of a call that can have a rate; see rates.ts. */
export const FAULTS = [
  /** The call takes longer. */
  "delay",
  /** The connection is reset before the server receives the call. */
  "reset",
  /** The server receives half of the request's body, then both ends are reset. */
  "cutRequest",
  /** Half of the response's body is sent, with the Content-Length of the whole. */
  "cutResponse",
  /** The server acts, and the client is reset before it receives any of the answer. */
  "lostAnswer",
  /** 500, and the server does not receive the call; the same for the next two. */
  "InternalError",
  /** 503; of DynamoDB, a table that is throttled (400). */
  "SlowDown",
  /** 429; of DynamoDB and SNS, an account that is throttled (400). */
  "TooManyRequests",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export type Fault =
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: Exclude<FaultKind, "delay"> }
  /** IAM's 403 for a call that no policy allows. */
  | { readonly kind: "AccessDenied" }
  /** JSON instead of the server's response, with status 200. */
  | { readonly kind: "answer"; readonly json: object };

/**
 * Decides the fault of a call; undefined passes it on.
 *
 * @param body reads the request's body into memory; for calls with small bodies
 */
export type Decide = (
  call: Call,
  body: () => Promise<string>,
) => Fault | undefined | Promise<Fault | undefined>;

/**
 * Follows the calls that are sent to the server whole. What it returns is called with the status of the
 * server's answer, or without one if the connection ended first: then the server may have acted or not.
 *
 * @param body reads the request's body into memory; for calls with small bodies
 */
export type Follow = (
  call: Call,
  request: Pick<IncomingMessage, "headers" | "url">,
  body: () => Promise<string>,
) => OnAnswer | undefined | Promise<OnAnswer | undefined>;

type OnAnswer = (status: number | undefined) => void;

/**
 * Receives every call, whatever its outcome.
 *
 * @param body reads the request's body into memory; for calls with small bodies
 */
export type Observe = (
  call: Call,
  request: Pick<IncomingMessage, "headers" | "url">,
  body: () => Promise<string>,
) => void | Promise<void>;
