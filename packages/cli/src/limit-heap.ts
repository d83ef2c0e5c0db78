import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How often the heap is checked, ms, and its growth that triggers a collection, bytes. */
const INTERVAL_MS = 250;
const GROWTH_BYTES = 24 * 1024 * 1024;

/**
 * Keeps memory use low in commands that read a whole bucket with many short-lived requests. By default, V8
 * grows the space of young objects to 128 MiB and collects old objects only near a limit that depends on
 * the memory of the machine. Here the young space keeps its size, and the heap is collected after a little
 * growth. V8 accepts both settings only as flags; set here, they apply however the program was started.
 */
export function limitHeap(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") return;
  let baseline = process.memoryUsage().heapUsed;
  setInterval(() => {
    if (process.memoryUsage().heapUsed < baseline + GROWTH_BYTES) return;
    collect();
    baseline = process.memoryUsage().heapUsed;
  }, INTERVAL_MS).unref();
}
