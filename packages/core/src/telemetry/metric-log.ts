import { Metrics } from "@aws-lambda-powertools/metrics";
import type { Logger } from "./log.ts";
import { METRICS, type Unit } from "./metrics.ts";

type Fields = Readonly<Record<string, unknown>>;
type Metric = readonly [name: string, unit: Unit];

/** The metrics that share their dimensions. */
interface Group {
  readonly dimensions: readonly string[];
  readonly metrics: readonly Metric[];
  readonly emf: Metrics;
}

/**
 * Writes lines of the log that CloudWatch reads metrics from, by its embedded metric format: the
 * line as it would be anyway, and a member `_aws` that says which of its fields are metrics.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class MetricLog {
  readonly #log: Logger;
  readonly #groups: readonly Group[];

  /**
   * @param log its level does not silence metrics: a count that depends on a log level is none
   * @param namespace what this fleet's metrics are told apart by from others' of the same account
   */
  constructor(log: Logger, namespace: string) {
    this.#log = log.child({}, { level: "info" });
    const groups = Map.groupBy(Object.entries(METRICS), ([, { dimensions }]) => dimensions.join());
    this.#groups = [...groups.values()].flatMap((members) => {
      const [first] = members;
      if (first === undefined) return [];
      const emf = new Metrics({ namespace, logger: log });
      // The library's own, "service": one dimension more, and nothing that the namespace does not say.
      emf.clearDefaultDimensions();
      const metrics = members.map(([name, { unit }]) => [name, unit] as const);
      return [{ dimensions: first[1].dimensions, metrics, emf }];
    });
  }

  /** @param at when it was, ms since the epoch */
  write(level: "info" | "warn", fields: Fields, msg: string, at: number): void {
    const directives = this.#groups.flatMap((group) => directivesOf(group, fields));
    const _aws = { Timestamp: at, CloudWatchMetrics: directives };
    this.#log[level](directives.length > 0 ? { ...fields, _aws } : fields, msg);
  }
}

/** What CloudWatch is told of a group: nothing, where the line lacks a dimension or has none of its metrics. */
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
