/** Ctrl-C, or the SIGTERM that stands for it where no keyboard is. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Turns the first Ctrl-C into an abort, and the second into the end.
 *
 * @param atOnce called before the program ends at the second; must not wait for anything
 */
export function onInterrupt(atOnce: () => void): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const ignore = () => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
  const interrupt = () => {
    if (!controller.signal.aborted) return controller.abort();
    try {
      atOnce();
    } finally {
      // Not process.exit(): it joins libuv's threads, and one that waits for a disk or a pipe never
      // ends. Unheard, the signal is the system's own end, which a shell tells as 130.
      ignore();
      process.kill(process.pid, "SIGINT");
    }
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return { signal: controller.signal, [Symbol.dispose]: ignore };
}
