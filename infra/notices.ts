import { cluster, worker } from "./fleet.ts";
import { physical } from "./stage.ts";
import { alarmTopic } from "./topic.ts";

// In `sst dev` no task runs.
if (!$dev) tellOfTasks();

/**
 * What ECS says of tasks goes to the topic of alarms, as it is said: no metric shows it, and a rule
 * for AWS's own events costs nothing.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
 */
function tellOfTasks(): void {
  const { arn: service } = worker.nodes.service;
  // A deployment was given up and rolled back: the large lane goes on with the earlier image.
  rule("WorkerDeploymentFailed", "A deployment of the worker failed and was rolled back", {
    "detail-type": ["ECS Deployment State Change"],
    resources: [service],
    detail: { eventName: ["SERVICE_DEPLOYMENT_FAILED"] },
  });
  // Spot has nothing to give, or the quota of vCPUs is used up.
  rule("WorkerNotPlaced", "A task of the worker could not be placed, for want of capacity", {
    "detail-type": ["ECS Service Action"],
    resources: [service],
    detail: { eventName: ["SERVICE_TASK_PLACEMENT_FAILURE"] },
  });
  // An image that does not start, and memory that is not enough: neither ends a deployment of a
  // service that runs no task at that time.
  rule("WorkerTaskFailed", "A task of the worker could not start, or ended by an error", {
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

function rule(name: string, description: string, pattern: object): void {
  const made = new aws.cloudwatch.EventRule(name, {
    name: physical(name),
    description,
    eventPattern: $jsonStringify({ source: ["aws.ecs"], ...pattern }),
  });
  new aws.cloudwatch.EventTarget(`${name}Target`, { rule: made.name, arn: alarmTopic });
}
