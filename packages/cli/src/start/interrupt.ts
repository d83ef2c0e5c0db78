import { EXIT } from "../exit-code.ts";

/** Ctrl-C, or the SIGTERM that stands for it where no keyboard is. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Turns the first Ctrl-C into an abort, and the second into the end.
 *
 * @param atOnce called before the program ends at the second
 */
export function onInterrupt(atOnce: () => void): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) {
      atOnce();
      process.exit(EXIT.interrupted);
    }
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    },
  };
}
