import { Metrics } from "@aws-lambda-powertools/metrics";
import type { Logger } from "./log.ts";
import { METRICS, type Unit } from "./metrics.ts";

type Fields = Readonly<Record<string, unknown>>;
type Metric = readonly [name: string, unit: Unit];

/** Metrics with the same dimensions. */
interface Group {
  readonly dimensions: readonly string[];
  readonly metrics: readonly Metric[];
  readonly emf: Metrics;
}

/**
 * Writes log lines in CloudWatch's embedded metric format: an ordinary line with a field `_aws` that
 * lists which of its fields are metrics.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class MetricLog {
  readonly #log: Logger;
  readonly #groups: readonly Group[];

  /**
   * @param log where to write. Its level does not silence metrics, so that counts do not depend on it.
   * @param namespace distinguishes the fleet's metrics from others in the same account
   */
  constructor(log: Logger, namespace: string) {
    this.#log = log.child({}, { level: "info" });
    const groups = Map.groupBy(Object.entries(METRICS), ([, { dimensions }]) => dimensions.join());
    this.#groups = [...groups.values()].flatMap((members) => {
      const [first] = members;
      if (first === undefined) return [];
      const emf = new Metrics({ namespace, logger: log });
      // The library's default dimension "service" repeats the namespace.
      emf.clearDefaultDimensions();
      const metrics = members.map(([name, { unit }]) => [name, unit] as const);
      return [{ dimensions: first[1].dimensions, metrics, emf }];
    });
  }

  /** @param at the time of the metrics, ms since the epoch */
  write(level: "info" | "warn", fields: Fields, msg: string, at: number): void {
    const directives = this.#groups.flatMap((group) => directivesOf(group, fields));
    const _aws = { Timestamp: at, CloudWatchMetrics: directives };
    this.#log[level](directives.length > 0 ? { ...fields, _aws } : fields, msg);
  }
}

/** The directives for a group; none if the line lacks one of its dimensions or all of its metrics. */
function directivesOf({ dimensions, metrics, emf }: Group, fields: Fields) {
  const values = dimensions.flatMap((name) => {
    const value = fields[name];
    return typeof value === "string" && value !== "" ? [[name, value] as const] : [];
  });
  const present = metrics.flatMap(([name, unit]) => {
    const value = fields[name];
    return typeof value === "number" && Number.isFinite(value) ? [{ name, unit, value }] : [];
  });
  if (values.length < dimensions.length || present.length === 0) return [];
  emf.addDimensions(Object.fromEntries(values));
  for (const { name, unit, value } of present) emf.addMetric(name, unit, value);
  const { _aws } = emf.serializeMetrics();
  emf.clearMetrics();
  emf.clearDimensions();
  return _aws.CloudWatchMetrics;
}
