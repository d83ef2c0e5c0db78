export type { Codec } from "./codec.ts";
export type { ReconcileResources, Semaphore } from "./context.ts";
export { outcomeOf } from "./outcome-of.ts";
export { reconcile } from "./reconcile.ts";
