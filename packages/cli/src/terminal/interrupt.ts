/** Ctrl-C, or SIGTERM from a supervisor. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Aborts the signal at the first Ctrl-C, and ends the process at the second.
 *
 * @param atOnce called before the second one ends the process; must be synchronous
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
      // process.exit() joins the threads of libuv, and a thread that waits for a disk or a pipe may never
      // end. Without a handler, the signal ends the process, which a shell reports as exit code 130.
      ignore();
      process.kill(process.pid, "SIGINT");
    }
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return { signal: controller.signal, [Symbol.dispose]: ignore };
}
