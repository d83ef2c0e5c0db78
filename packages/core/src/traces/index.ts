export { openTraces, tracesVariables } from "./open.ts";
export type { Traces } from "./traces.ts";
