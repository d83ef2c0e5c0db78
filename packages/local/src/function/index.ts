export { compileCache } from "./env.ts";
export { type LocalFunction, startFunction } from "./function.ts";
export {
  EDGE_MARK,
  type FunctionUrl,
  type FunctionUrlOptions,
  startFunctionUrl,
} from "./function-url.ts";
export { bodyOf, eventOf } from "./http-event.ts";
export { writeReturned } from "./http-response.ts";
export { type FunctionOptions, FunctionOptionsError } from "./options.ts";
export type { EnvironmentExit, InvokeResult, OnChunk } from "./result.ts";
