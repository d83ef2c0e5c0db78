export { compileEdge, type EdgeCode } from "./compile.ts";
export type {
  EdgeField,
  EdgeFields,
  EdgeRequest,
  EdgeResponse,
  RequestEvent,
  ResponseEvent,
} from "./event.ts";
export { negotiatedPatterns } from "./template.ts";
