import { queueMetric } from "./alarm.ts";
import { type Fleet, physical } from "./context.ts";
import { SCALING } from "./numbers.ts";
import { backlogSteps } from "./scaling.ts";

/**
 * Tasks follow the backlog: what waits and what is in hand, both. By waiting messages alone the
 * last one taken would end the task that works on it.
 *
 * Steps to an exact number, and no target tracking: that multiplies the tasks there are, and from
 * none it never gets to one.
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
        "Messages wait in the large lane: tasks are started",
      ),
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      alarmActions: [busy.arn],
    },
    within,
  );
  const idle = policy("WorkerIdle", [{ metricIntervalUpperBound: "0", scalingAdjustment: 0 }]);
  new aws.cloudwatch.MetricAlarm(
    `${prefix}LargeEmpty`,
    {
      ...backlogAlarm(
        fleet,
        large,
        "LargeEmpty",
        "The large lane is empty: the last tasks are stopped",
      ),
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: SCALING.emptyPeriods,
      // SQS stops reporting a queue that nobody uses.
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
      // SQS reports what is in hand only where there is something, and CloudWatch takes a missing
      // operand for 0. No FILL: where the newest minute comes late, its value would be the last one
      // for ever, and the alarm stuck with it.
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
