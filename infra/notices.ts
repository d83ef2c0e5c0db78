import type { AlarmScope } from "./alarm.ts";
import { physical } from "./context.ts";
import type { FleetSettings } from "./settings-schema.ts";

/**
 * Sends ECS events about failed tasks to the alarm topic: no metric reports them, and a rule for AWS's
 * own events is free.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
 */
export function notifyOfTaskFailures(
  scope: AlarmScope,
  cluster: sst.aws.Cluster,
  worker: sst.aws.Service,
): void {
  const { arn: service } = worker.nodes.service;
  rule(scope, "WorkerDeploymentFailed", {
    description: "A deployment of the worker failed and was rolled back",
    whatToDo:
      "The large lane continues with the previous image. Read the worker's log, fix the cause, and deploy again.",
    pattern: {
      "detail-type": ["ECS Deployment State Change"],
      resources: [service],
      detail: { eventName: ["SERVICE_DEPLOYMENT_FAILED"] },
    },
  });
  rule(scope, "WorkerNotPlaced", {
    description: "A task of the worker could not be placed: there is no capacity",
    whatToDo: whenNotPlaced(scope.fleet.settings),
    pattern: {
      "detail-type": ["ECS Service Action"],
      resources: [service],
      detail: { eventName: ["SERVICE_TASK_PLACEMENT_FAILURE"] },
    },
  });
  // An image that does not start, or too little memory: neither fails the deployment of a service that
  // runs no task at that time.
  rule(scope, "WorkerTaskFailed", {
    description: "A task of the worker could not start, or exited with an error",
    whatToDo:
      "Read detail.stoppedReason and the worker's log. The task's messages become visible in their queue again.",
    pattern: {
      "detail-type": ["ECS Task State Change"],
      detail: {
        clusterArn: [cluster.nodes.cluster.arn],
        lastStatus: ["STOPPED"],
        $or: [
          { stopCode: ["TaskFailedToStart"] },
          { containers: { exitCode: [{ "anything-but": [0] }] } },
        ],
      },
    },
  });
}

/** ECS retries, and never replaces a Spot task by one on demand. */
function whenNotPlaced({ spot, onDemandTasks }: FleetSettings): string {
  return spot
    ? `ECS keeps trying. Either Fargate Spot has no capacity, or the quota of Fargate Spot vCPUs is exhausted: see detail.reason. The tasks on demand, at most ${onDemandTasks}, keep working. If the large lane must not wait, raise onDemandTasks, or set spot: false, in the fleet's settings, and deploy.`
    : "ECS keeps trying. Either Fargate has no capacity, or the quota of Fargate On-Demand vCPUs is exhausted: see detail.reason. Raise the quota, or lower workerTasks in the fleet's settings, and deploy.";
}

/** The fields of an event: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const FIELDS = [
  "version",
  "id",
  "detail-type",
  "source",
  "account",
  "time",
  "region",
  "resources",
  "detail",
];

interface Notice {
  readonly description: string;
  readonly whatToDo: string;
  readonly pattern: object;
}

function rule(
  { fleet, alarmTopic }: AlarmScope,
  name: string,
  { description, whatToDo, pattern }: Notice,
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
    { rule: made.name, arn: alarmTopic, inputTransformer: withSentence(description, whatToDo) },
    within,
  );
}

/**
 * The event unchanged, so that programs can still read it (a chat that AWS posts to), after a sentence for
 * people. EventBridge replaces each placeholder by the JSON value of its field.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function withSentence(description: string, whatToDo: string) {
  const paths = FIELDS.map((field) => [variable(field), `$.${field}`]);
  const fields = FIELDS.map((field) => `"${field}": <${variable(field)}>`);
  const sentence = JSON.stringify(`${description}. ${whatToDo}`);
  return {
    inputPaths: Object.fromEntries(paths),
    inputTemplate: `{ "imagefleet": ${sentence}, ${fields.join(", ")} }`,
  };
}

/** The name of a placeholder may contain letters, digits and underscores. */
function variable(field: string): string {
  return field.replace("-", "_");
}
