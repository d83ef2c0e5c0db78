import pLimit from "p-limit";

const slots = pLimit(1);
const turns = pLimit(1);

/** @param threads how many pipelines may run at once, from 1 */
export function setThreads(threads: number): void {
  slots.concurrency = threads;
}

/** Runs a pipeline when a thread is free for it. */
export function onThread<T>(pipeline: () => Promise<T>): Promise<T> {
  return slots(pipeline);
}

/** Runs a pipeline when no other runs, and lets none begin meanwhile. */
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

/** Takes a slot until the end of what is waited for; fulfilled when it has it. */
function hold(end: Promise<void>): Promise<void> {
  const held = Promise.withResolvers<void>();
  slots(() => {
    held.resolve();
    return end;
  });
  return held.promise;
}
