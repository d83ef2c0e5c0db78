import * as v from "valibot";
import { createLog, type Logger, type LogLevel } from "./log.ts";
import { MetricLog } from "./metric-log.ts";

/** Where a program writes its lines. */
export interface Telemetry {
  readonly log: Logger;
  /** Absent without metrics: lines that are for metrics only are then not written. */
  readonly metrics?: MetricLog | undefined;
}

/** A variable with the namespace of the fleet's metrics. Without it there are none. */
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
 * @param program `consume`, `deliver` or `worker`
 * @param namespace the namespace of its metrics; undefined for none
 *
 * @example
 * const { log } = createTelemetry("worker", "info", "Imagefleet/production");
 */
export function createTelemetry(program: string, level: LogLevel, namespace?: string): Telemetry {
  const log = createLog(program, level);
  return { log, ...(namespace !== undefined && { metrics: new MetricLog(log, namespace) }) };
}
