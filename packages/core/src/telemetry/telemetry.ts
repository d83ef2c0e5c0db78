import * as v from "valibot";
import { createLog, type Logger, type LogLevel } from "./log.ts";
import { MetricLog } from "./metric-log.ts";

/** Where a program's lines go: to its log, or to its log as metrics too. */
export interface Telemetry {
  readonly log: Logger;
  /** Absent: nobody asked for metrics, and no line is there for them alone. */
  readonly metrics?: MetricLog | undefined;
}

/** A variable that holds the namespace of a fleet's metrics; absent: there are none. */
export const metricsNamespace = v.optional(
  v.pipe(
    v.string(),
    v.regex(
      /^(?!AWS\/)[\w.\-/#]{1,255}$/,
      "it must be up to 255 letters, digits and . - _ / #, and not begin with AWS/",
    ),
  ),
);

/**
 * @param program `consume` or `worker`
 * @param namespace of its metrics; without one it writes none
 */
export function createTelemetry(program: string, level: LogLevel, namespace?: string): Telemetry {
  const log = createLog(program, level);
  return { log, ...(namespace !== undefined && { metrics: new MetricLog(log, namespace) }) };
}
