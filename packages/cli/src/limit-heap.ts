import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How often the heap is looked at, ms, and what it may grow by before it is collected, bytes. */
const LOOK_MS = 250;
const GROWTH_BYTES = 24 * 1024 * 1024;

/**
 * Keeps memory flat under a stream of short-lived requests, for commands that go over a whole bucket.
 * Left alone, V8 lets its space of young objects grow to 128 MiB, most of which is never used at once,
 * and does not look for garbage among old ones before their limit, which it takes from the machine's
 * memory. So the young space stays as it is, and the rest is collected when it has grown a little. V8
 * takes both by flags alone; set here, they hold however the program was started.
 */
export function limitHeap(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") return;
  let least = process.memoryUsage().heapUsed;
  setInterval(() => {
    if (process.memoryUsage().heapUsed < least + GROWTH_BYTES) return;
    collect();
    least = process.memoryUsage().heapUsed;
  }, LOOK_MS).unref();
}
