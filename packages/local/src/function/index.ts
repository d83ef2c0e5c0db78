export { type LocalFunction, startFunction } from "./function.ts";
export {
  EDGE_MARK,
  type FunctionUrl,
  type FunctionUrlOptions,
  startFunctionUrl,
} from "./function-url.ts";
export { type FunctionOptions, FunctionOptionsError } from "./options.ts";
export type { EnvironmentExit, InvokeResult, OnChunk } from "./result.ts";
