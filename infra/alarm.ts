import { type Fleet, physical } from "./context.ts";

type Query = aws.types.input.cloudwatch.MetricAlarmMetricQuery;

/** The fleet that alarms belong to, and the topic that they notify. */
export interface AlarmScope {
  readonly fleet: Fleet;
  readonly alarmTopic: $util.Input<string>;
}

interface Metric {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Record<string, $util.Input<string>>;
  readonly stat: string;
  readonly periodSeconds: number;
}

/** A metric that an alarm's expression refers to by `id`. */
export function metric({ id, name: metricName, periodSeconds: period, ...rest }: Metric) {
  return { id, metric: { metricName, period, ...rest } };
}

/** A metric of an SQS queue. */
export function queueMetric(
  id: string,
  queue: sst.aws.Queue,
  name: string,
  periodSeconds: number,
  stat: "Maximum" | "Sum" = "Maximum",
) {
  return metric({
    id,
    namespace: "AWS/SQS",
    name,
    dimensions: { QueueName: queue.nodes.queue.name },
    stat,
    periodSeconds,
  });
}

/**
 * An alarm that fires when the metric is at or above `threshold` and notifies again when it has
 * recovered. Missing data counts as healthy.
 *
 * @param options.of one metric, or the operands of `expression`
 * @param options.breaching how many of the `periods` must breach; default: all
 */
export function alarm(
  { fleet, alarmTopic }: AlarmScope,
  name: string,
  description: string,
  options: {
    expression?: string;
    of: Query[];
    threshold: number;
    periods?: number;
    breaching?: number;
    notifyWhenOver?: boolean;
  },
): void {
  const {
    expression,
    of,
    threshold,
    periods = 1,
    breaching = periods,
    notifyWhenOver = true,
  } = options;
  new aws.cloudwatch.MetricAlarm(
    `${fleet.name}${name}`,
    {
      name: physical(fleet, name),
      alarmDescription: description,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold,
      evaluationPeriods: periods,
      datapointsToAlarm: breaching,
      treatMissingData: "notBreaching",
      metricQueries:
        expression === undefined
          ? of.map((only) => ({ ...only, returnData: true }))
          : [{ id: "value", expression, label: name, returnData: true }, ...of],
      alarmActions: [alarmTopic],
      okActions: notifyWhenOver ? [alarmTopic] : [],
    },
    fleet.within,
  );
}
