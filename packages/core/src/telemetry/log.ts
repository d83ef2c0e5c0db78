import pino, { type Logger } from "pino";

export type { Logger } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Creates a log that writes JSON lines to stdout. It writes synchronously, because a function may be
 * frozen and a worker killed right after a line.
 *
 * @param program `consume`, `deliver` or `worker`
 *
 * @example
 * createLog("worker", "info").warn("the queue does not answer");
 */
export function createLog(program: string, level: LogLevel): Logger {
  return pino(
    { level, base: { program }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 1, sync: true }),
  );
}
