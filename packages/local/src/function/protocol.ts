import * as v from "valibot";
import type { Identity } from "./identity.ts";

/** The only argument of a handler process, as JSON. */
export interface Launch {
  readonly handler: string;
  readonly exportName: string;
  readonly identity: Identity;
  /** Whether the process must report its memory, because this program cannot read it. */
  readonly reportMemory: boolean;
  /** Whether the process has Lambda's global `awslambda`. */
  readonly hasGlobal: boolean;
}

/** Parent to handler process: one line of JSON on fd 3. */
export interface Invocation {
  readonly requestId: string;
  /** ms since the epoch, as in Lambda's runtime API. The time of a suspended laptop counts. */
  readonly deadlineMs: number;
  readonly event: unknown;
}

const fault = { errorType: v.string(), message: v.string() };

const replySchema = v.variant("kind", [
  v.object({ kind: v.literal("ready") }),
  v.object({ kind: v.literal("failedToLoad"), ...fault }),
  v.object({ kind: v.literal("returned"), requestId: v.string(), payload: v.unknown() }),
  v.object({
    kind: v.literal("chunk"),
    requestId: v.string(),
    contentType: v.string(),
    data: v.pipe(
      v.string(),
      v.transform((base64) => Buffer.from(base64, "base64")),
    ),
  }),
  v.object({ kind: v.literal("streamed"), requestId: v.string() }),
  v.object({ kind: v.literal("threw"), requestId: v.string(), ...fault }),
  v.object({ kind: v.literal("memory"), bytes: v.number() }),
]);

/** Handler process to parent: one line of JSON on fd 3. */
export type Reply = v.InferOutput<typeof replySchema>;

/**
 * Undefined for a line that is not a reply: the handler can also write to fd 3, and must not end this
 * program.
 */
export function parseReply(line: string): Reply | undefined {
  try {
    const parsed = v.safeParse(replySchema, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
