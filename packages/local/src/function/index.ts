export { type LocalFunction, startFunction } from "./function.ts";
export { type FunctionOptions, FunctionOptionsError } from "./options.ts";
export type { EnvironmentExit, InvokeResult } from "./result.ts";
