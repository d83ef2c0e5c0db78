import pLimit from "p-limit";

const slots = pLimit(1);
const turns = pLimit(1);

/** @param threads how many pipelines may run at once, at least 1 */
export function setThreads(threads: number): void {
  slots.concurrency = threads;
}

/** Runs a pipeline as soon as a thread is free. */
export function onThread<T>(pipeline: () => Promise<T>): Promise<T> {
  return slots(pipeline);
}

/** Runs a pipeline while no other runs, and starts no other meanwhile. */
export function alone<T>(pipeline: () => Promise<T>): Promise<T> {
  return turns(async () => {
    const over = Promise.withResolvers<void>();
    const holders = Array.from({ length: slots.concurrency - 1 }, () => hold(over.promise));
    try {
      return await slots(async () => {
        await Promise.all(holders);
        return pipeline();
      });
    } finally {
      over.resolve();
    }
  });
}

/** Takes a slot until `end` settles. The returned promise is fulfilled when the slot is taken. */
function hold(end: Promise<void>): Promise<void> {
  const held = Promise.withResolvers<void>();
  slots(() => {
    held.resolve();
    return end;
  });
  return held.promise;
}
