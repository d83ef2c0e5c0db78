import type { Told } from "./alarm.ts";
import { physical } from "./context.ts";

/**
 * What ECS says of tasks goes to the topic of alarms, as it is said: no metric shows it, and a rule
 * for AWS's own events costs nothing.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
 */
export function tellOfTasks(told: Told, cluster: sst.aws.Cluster, worker: sst.aws.Service): void {
  const { arn: service } = worker.nodes.service;
  // A deployment was given up and rolled back: the large lane goes on with the earlier image.
  rule(told, "WorkerDeploymentFailed", "A deployment of the worker failed and was rolled back", {
    "detail-type": ["ECS Deployment State Change"],
    resources: [service],
    detail: { eventName: ["SERVICE_DEPLOYMENT_FAILED"] },
  });
  // Spot has nothing to give, or the quota of vCPUs is used up.
  rule(told, "WorkerNotPlaced", "A task of the worker could not be placed, for want of capacity", {
    "detail-type": ["ECS Service Action"],
    resources: [service],
    detail: { eventName: ["SERVICE_TASK_PLACEMENT_FAILURE"] },
  });
  // An image that does not start, and memory that is not enough: neither ends a deployment of a
  // service that runs no task at that time.
  rule(told, "WorkerTaskFailed", "A task of the worker could not start, or ended by an error", {
    "detail-type": ["ECS Task State Change"],
    detail: {
      clusterArn: [cluster.nodes.cluster.arn],
      lastStatus: ["STOPPED"],
      $or: [
        { stopCode: ["TaskFailedToStart"] },
        { containers: { exitCode: [{ "anything-but": [0] }] } },
      ],
    },
  });
}

function rule(
  { fleet, alarmTopic }: Told,
  name: string,
  description: string,
  pattern: object,
): void {
  const { name: prefix, within } = fleet;
  const made = new aws.cloudwatch.EventRule(
    `${prefix}${name}`,
    {
      name: physical(fleet, name),
      description,
      eventPattern: $jsonStringify({ source: ["aws.ecs"], ...pattern }),
    },
    within,
  );
  new aws.cloudwatch.EventTarget(
    `${prefix}${name}Target`,
    { rule: made.name, arn: alarmTopic },
    within,
  );
}
