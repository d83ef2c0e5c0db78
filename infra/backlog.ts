import { queueMetric } from "./alarm.ts";
import { type Fleet, physical } from "./context.ts";
import { SCALING } from "./numbers.ts";
import { backlogSteps } from "./scaling.ts";

/**
 * The number of tasks follows the backlog: visible messages and messages in flight. By visible messages
 * alone, receiving the last one would stop the task that works on it.
 *
 * Step scaling to an exact number rather than target tracking, which multiplies the current number of
 * tasks and never gets from zero to one.
 */
export function scaleOnBacklog(fleet: Fleet, large: sst.aws.Queue, worker: sst.aws.Service): void {
  const { name: prefix, settings, within } = fleet;
  const { resourceId, scalableDimension, serviceNamespace } = worker.nodes.autoScalingTarget;
  const policy = (
    name: string,
    steps: aws.types.input.appautoscaling.PolicyStepScalingPolicyConfigurationStepAdjustment[],
  ) =>
    new aws.appautoscaling.Policy(
      `${prefix}${name}`,
      {
        name: physical(fleet, name),
        policyType: "StepScaling",
        resourceId,
        scalableDimension,
        serviceNamespace,
        stepScalingPolicyConfiguration: {
          adjustmentType: "ExactCapacity",
          cooldown: SCALING.cooldownSeconds,
          metricAggregationType: "Maximum",
          stepAdjustments: steps,
        },
      },
      within,
    );

  const busy = policy("WorkerBacklog", backlogSteps(SCALING.messagesPerTask, settings.workerTasks));
  new aws.cloudwatch.MetricAlarm(
    `${prefix}LargeBacklog`,
    {
      ...backlogAlarm(
        fleet,
        large,
        "LargeBacklog",
        "Messages wait in the large lane: starts tasks",
      ),
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: 1,
      evaluationPeriods: SCALING.backlogPeriods,
      datapointsToAlarm: 1,
      treatMissingData: "notBreaching",
      alarmActions: [busy.arn],
    },
    within,
  );
  const idle = policy("WorkerIdle", [{ metricIntervalUpperBound: "0", scalingAdjustment: 0 }]);
  new aws.cloudwatch.MetricAlarm(
    `${prefix}LargeEmpty`,
    {
      ...backlogAlarm(fleet, large, "LargeEmpty", "The large lane is empty: stops the last tasks"),
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: SCALING.emptyPeriods,
      // SQS stops reporting a queue that is not used.
      treatMissingData: "breaching",
      alarmActions: [idle.arn],
    },
    within,
  );
}

function backlogAlarm(fleet: Fleet, large: sst.aws.Queue, name: string, alarmDescription: string) {
  const metric = (id: string, metricName: string) =>
    queueMetric(id, large, metricName, SCALING.periodSeconds);
  return {
    name: physical(fleet, name),
    alarmDescription,
    metricQueries: [
      // SQS reports messages in flight only where there are some, and CloudWatch replaces a missing
      // operand by 0. No FILL: where the newest minute is late, FILL would repeat the last value for
      // ever, and the alarm would keep its state.
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
      {
        id: "backlog",
        expression: "waiting + inFlight",
        label: "Backlog",
        returnData: true,
      },
      metric("waiting", "ApproximateNumberOfMessagesVisible"),
      metric("inFlight", "ApproximateNumberOfMessagesNotVisible"),
    ],
  };
}
