export { limitMemory } from "./memory-limit.ts";
