import type { Told } from "./alarm.ts";
import { physical } from "./context.ts";
import type { FleetSettings } from "./settings-schema.ts";

/**
 * What ECS says of tasks goes to the topic of alarms, as it is said: no metric shows it, and a rule
 * for AWS's own events costs nothing.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
 */
export function tellOfTasks(told: Told, cluster: sst.aws.Cluster, worker: sst.aws.Service): void {
  const { arn: service } = worker.nodes.service;
  rule(told, "WorkerDeploymentFailed", {
    description: "A deployment of the worker failed and was rolled back",
    whatToDo:
      "The large lane goes on with the earlier image. Look at the worker's log, mend it, and deploy again.",
    pattern: {
      "detail-type": ["ECS Deployment State Change"],
      resources: [service],
      detail: { eventName: ["SERVICE_DEPLOYMENT_FAILED"] },
    },
  });
  rule(told, "WorkerNotPlaced", {
    description: "A task of the worker could not be placed, for want of capacity",
    whatToDo: whenNotPlaced(told.fleet.settings),
    pattern: {
      "detail-type": ["ECS Service Action"],
      resources: [service],
      detail: { eventName: ["SERVICE_TASK_PLACEMENT_FAILURE"] },
    },
  });
  // An image that does not start, and memory that is not enough: neither ends a deployment of a
  // service that runs no task at that time.
  rule(told, "WorkerTaskFailed", {
    description: "A task of the worker could not start, or ended by an error",
    whatToDo:
      "Look at detail.stoppedReason and the worker's log. What the task had in hand comes back to its queue.",
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

/** ECS goes on trying, and never places a task on demand in the place of one on Spot. */
function whenNotPlaced({ spot, onDemandTasks }: FleetSettings): string {
  return spot
    ? `ECS keeps trying. Either Fargate Spot has no capacity, or the quota of Fargate Spot vCPUs is used up: see detail.reason. The tasks on demand go on working, at most ${onDemandTasks}. If the large lane must not wait, raise onDemandTasks, or set spot: false, in the fleet's settings, and deploy.`
    : "ECS keeps trying. Either Fargate has no capacity, or the quota of Fargate On-Demand vCPUs is used up: see detail.reason. Raise the quota, or lower workerTasks in the fleet's settings, and deploy.";
}

/** Of an event, but for its detail, which is an object: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
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
  { fleet, alarmTopic }: Told,
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
    { rule: made.name, arn: alarmTopic, inputTransformer: toldFirst(description, whatToDo) },
    within,
  );
}

/**
 * The event as it is, so that who reads events still can (a chat that AWS posts to), with a sentence for
 * people before it. EventBridge writes each placeholder as the JSON that its field holds.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function toldFirst(description: string, whatToDo: string) {
  const paths = FIELDS.map((field) => [variable(field), `$.${field}`]);
  const fields = FIELDS.map((field) => `"${field}": <${variable(field)}>`);
  const said = JSON.stringify(`${description}. ${whatToDo}`);
  return {
    inputPaths: Object.fromEntries(paths),
    inputTemplate: `{ "imagefleet": ${said}, ${fields.join(", ")} }`,
  };
}

/** Of letters, digits and underscores. */
function variable(field: string): string {
  return field.replace("-", "_");
}
