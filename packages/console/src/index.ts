export { type Assets, bundle } from "./assets.ts";
export type { LabSession } from "./lab.ts";
export type { CommandLine } from "./processes.ts";
export { type Console, type ConsoleOptions, startConsole } from "./server.ts";
