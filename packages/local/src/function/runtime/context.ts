import type { Context } from "aws-lambda";
import type { Identity } from "../identity.ts";
import type { Invocation } from "../protocol.ts";

/** Without `done`, `fail` and `succeed`: the Node.js 24 runtime has no callbacks. */
export type HandlerContext = Omit<Context, "done" | "fail" | "succeed">;

export function contextOf(identity: Identity, invocation: Invocation): HandlerContext {
  return {
    ...identity,
    awsRequestId: invocation.requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
  };
}
