export { compileEdge, type EdgeFunctions } from "./compile.ts";
