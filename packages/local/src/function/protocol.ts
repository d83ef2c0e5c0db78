import * as v from "valibot";
import type { Identity } from "./identity.ts";

/** The only argument of a handler process, as JSON. */
export interface Launch {
  readonly handler: string;
  readonly exportName: string;
  readonly identity: Identity;
  /** Whether the process must tell its own memory, where no one else can read it. */
  readonly reportMemory: boolean;
}

/** Parent to handler process: one line of JSON on fd 3. */
export interface Invocation {
  readonly requestId: string;
  /** ms since the epoch, as Lambda's runtime API gives it: a laptop that slept has used its time. */
  readonly deadlineMs: number;
  readonly event: unknown;
}

const fault = { errorType: v.string(), message: v.string() };

const replySchema = v.variant("kind", [
  v.object({ kind: v.literal("ready") }),
  v.object({ kind: v.literal("failedToLoad"), ...fault }),
  v.object({ kind: v.literal("returned"), requestId: v.string(), payload: v.unknown() }),
  v.object({ kind: v.literal("threw"), requestId: v.string(), ...fault }),
  v.object({ kind: v.literal("memory"), bytes: v.number() }),
]);

/** Handler process to parent: one line of JSON on fd 3. */
export type Reply = v.InferOutput<typeof replySchema>;

/**
 * undefined for a line that is no reply: fd 3 is open to the handler too, and what it may write there
 * must not end the program that watches it.
 */
export function parseReply(line: string): Reply | undefined {
  try {
    const parsed = v.safeParse(replySchema, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
