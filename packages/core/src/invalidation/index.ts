export { type Invalidation, invalidate } from "./invalidate.ts";
export { invalidationPaths, isOnlyCoveredByAll, type NamedSources } from "./paths.ts";
