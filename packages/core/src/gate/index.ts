export { type Claim, MemoryGate } from "./memory-gate.ts";
