export { CODEC, type Codec } from "./codec.ts";
export { withContent } from "./content.ts";
export type { ReconcileContext, ReconcileResources, Semaphore } from "./context.ts";
export { ofSource } from "./keys.ts";
export { outcomeOf } from "./outcome-of.ts";
export { reconcile } from "./reconcile.ts";
export { srcsetOf } from "./srcset.ts";
