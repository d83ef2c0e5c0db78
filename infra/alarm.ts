import { type Fleet, physical } from "./context.ts";

type Query = aws.types.input.cloudwatch.MetricAlarmMetricQuery;

/** Whose alarms they are, and where they go. */
export interface Told {
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

/** A metric, as an alarm's expression sees it under `id`. */
export function metric({ id, name: metricName, periodSeconds: period, ...rest }: Metric) {
  return { id, metric: { metricName, period, ...rest } };
}

/** A metric that SQS keeps of a queue. */
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
 * Goes off when what is measured is at or above `threshold`, and says when it is over. Where nothing
 * is measured nothing is wrong.
 *
 * @param options.of one metric, or, with an expression, those that it is made of
 * @param options.breaching in how many of the `periods`; all of them, where nothing is said
 */
export function alarm(
  { fleet, alarmTopic }: Told,
  name: string,
  description: string,
  options: {
    expression?: string;
    of: Query[];
    threshold: number;
    periods?: number;
    breaching?: number;
    saysWhenOver?: boolean;
  },
): void {
  const {
    expression,
    of,
    threshold,
    periods = 1,
    breaching = periods,
    saysWhenOver = true,
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
      okActions: saysWhenOver ? [alarmTopic] : [],
    },
    fleet.within,
  );
}
