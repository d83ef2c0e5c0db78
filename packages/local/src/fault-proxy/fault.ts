import type { IncomingMessage } from "node:http";
import type { Call } from "./call.ts";

/** What can go wrong with a call on its way. Those that a rate can be set for, see rates.ts. */
export const FAULTS = [
  /** The call takes longer. */
  "delay",
  /** The connection is reset before the server receives the call. */
  "reset",
  /** The server receives half of the request's body, then both ends are reset. */
  "cutRequest",
  /** The answer's body ends at its half; its Content-Length says otherwise. */
  "cutResponse",
  /** The server acts, and the client is reset before it receives any of the answer. */
  "lostAnswer",
  /** 500, without the server hearing of it; so are the next two. */
  "InternalError",
  /** 503 */
  "SlowDown",
  /** 429 */
  "TooManyRequests",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export type Fault =
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: Exclude<FaultKind, "delay"> }
  /** 403, as IAM has it where no policy allows the call. */
  | { readonly kind: "AccessDenied" }
  /** JSON in place of the server's answer, with status 200. */
  | { readonly kind: "answer"; readonly json: object };

/**
 * Decides what happens to a call; undefined lets it through.
 *
 * @param body reads the request's body into memory: for calls whose bodies are known to be small
 */
export type Decide = (
  call: Call,
  body: () => Promise<string>,
) => Fault | undefined | Promise<Fault | undefined>;

/**
 * Receives every call, whatever its outcome.
 *
 * @param body reads the request's body into memory: for calls whose bodies are known to be small
 */
export type Observe = (
  call: Call,
  request: Pick<IncomingMessage, "headers" | "url">,
  body: () => Promise<string>,
) => void | Promise<void>;
