export { openTraces, type Traces, tracesVariables } from "./traces.ts";
