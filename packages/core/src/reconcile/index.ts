export type { Gate, ReconcileContext } from "./context.ts";
export { outcomeOf } from "./outcome-of.ts";
export { reconcile } from "./reconcile.ts";
