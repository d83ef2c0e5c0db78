export { environmentIn } from "./environment.ts";
export { type Sandbox, startSandbox } from "./sandbox.ts";
