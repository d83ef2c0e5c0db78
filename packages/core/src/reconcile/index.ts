export type { Codec } from "./codec.ts";
export type { Gate, ReconcileContext } from "./context.ts";
export { outcomeOf } from "./outcome-of.ts";
export { reconcile } from "./reconcile.ts";
