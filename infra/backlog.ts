import { worker } from "./fleet.ts";
import { SCALING } from "./numbers.ts";
import { large } from "./queues.ts";
import { backlogSteps } from "./scaling.ts";
import { physical, settings } from "./stage.ts";

// In `sst dev` the worker runs at home, and there is nothing to scale.
if (!$dev) scaleOnBacklog();

/**
 * Tasks follow the backlog: what waits and what is in hand, both. By waiting messages alone the
 * last one taken would end the task that works on it.
 *
 * Steps to an exact number, and no target tracking: that multiplies the tasks there are, and from
 * none it never gets to one.
 */
function scaleOnBacklog(): void {
  const { resourceId, scalableDimension, serviceNamespace } = worker.nodes.autoScalingTarget;
  const policy = (
    name: string,
    steps: aws.types.input.appautoscaling.PolicyStepScalingPolicyConfigurationStepAdjustment[],
  ) =>
    new aws.appautoscaling.Policy(name, {
      name: physical(name),
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
    });

  const busy = policy("WorkerBacklog", backlogSteps(SCALING.messagesPerTask, settings.workerTasks));
  new aws.cloudwatch.MetricAlarm("LargeBacklog", {
    ...backlogAlarm("LargeBacklog", "Messages wait in the large lane: tasks are started"),
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: "notBreaching",
    alarmActions: [busy.arn],
  });
  const idle = policy("WorkerIdle", [{ metricIntervalUpperBound: "0", scalingAdjustment: 0 }]);
  new aws.cloudwatch.MetricAlarm("LargeEmpty", {
    ...backlogAlarm("LargeEmpty", "The large lane is empty: the last tasks are stopped"),
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    evaluationPeriods: SCALING.emptyPeriods,
    // SQS stops reporting a queue that nobody uses.
    treatMissingData: "breaching",
    alarmActions: [idle.arn],
  });
}

function backlogAlarm(name: string, alarmDescription: string) {
  const metric = (id: string, metricName: string) => ({
    id,
    metric: {
      namespace: "AWS/SQS",
      metricName,
      dimensions: { QueueName: large.queue.nodes.queue.name },
      stat: "Maximum",
      period: SCALING.periodSeconds,
    },
  });
  return {
    name: physical(name),
    alarmDescription,
    metricQueries: [
      // SQS reports what is in hand only where there is something, and CloudWatch takes a missing
      // operand for 0. No FILL: where the newest minute comes late, its value would be the last one
      // for ever, and the alarm stuck with it.
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
      {
        id: "backlog",
        expression: "waiting + inHand",
        label: "Backlog",
        returnData: true,
      },
      metric("waiting", "ApproximateNumberOfMessagesVisible"),
      metric("inHand", "ApproximateNumberOfMessagesNotVisible"),
    ],
  };
}
