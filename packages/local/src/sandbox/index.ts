export { environmentIn, workerEnvironmentIn } from "./environment.ts";
export { type Sandbox, startSandbox } from "./sandbox.ts";
