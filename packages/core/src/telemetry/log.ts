import pino, { type Logger } from "pino";

export type { Logger } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * JSON lines on stdout, one a job. Written synchronously: a function may be frozen, and a worker
 * killed, right after its last word.
 *
 * @param program `consume` or `worker`
 */
export function createLog(program: string, level: LogLevel): Logger {
  return pino(
    { level, base: { program }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 1, sync: true }),
  );
}
