export { manifestKey, renditionKey } from "./key.ts";
export type { Plan, RenditionPlan } from "./plan.ts";
export { INPUT_FORMATS, type InputFormat, type SourceInfo } from "./source-info.ts";
