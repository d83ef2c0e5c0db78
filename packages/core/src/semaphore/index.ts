export { MemorySemaphore, type Permit } from "./memory-semaphore.ts";
