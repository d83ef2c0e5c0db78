import { all, at, jsonAt, listAt, numberAt, textAt } from "../read.ts";
import type { Json, Resource } from "../resource.ts";
import { type Answer, json, jsonError } from "./answer.ts";
import { arn, type DeployedState, resources } from "./deployed-state.ts";

/** Seconds since the epoch, as ECS writes times. */
const LONG_AGO = 1_790_000_000;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html */
export function ecs(operation: string, input: Json, deployed: DeployedState): Answer {
  switch (operation) {
    case "ListClusters":
      return json({ clusterArns: resources(deployed, "ecs/cluster:Cluster").map(clusterArn) });
    case "ListServices":
      return json({ serviceArns: services(deployed).map(({ serviceArn }) => serviceArn) });
    case "DescribeServices":
      return json({ services: services(deployed), failures: [] });
    case "DescribeTaskDefinition":
      return taskDefinition(textAt(input, "taskDefinition"), deployed);
    case "ListTasks":
      return json({ taskArns: stoppedTasks(deployed).map(({ taskArn }) => taskArn) });
    case "DescribeTasks":
      return json({ tasks: stoppedTasks(deployed), failures: [] });
    default:
      return jsonError("InvalidParameterException", `${operation} is not served here`);
  }
}

function clusterArn({ inputs }: Resource): string {
  return arn("ecs", `cluster/${textAt(inputs, "name")}`);
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html */
function services(deployed: DeployedState) {
  return resources(deployed, "ecs/service:Service").map(({ inputs }) => {
    const name = textAt(inputs, "name");
    const cluster = textAt(inputs, "cluster");
    const desiredCount = numberAt(inputs, "desiredCount");
    const failed = stoppedTasks(deployed).length;
    return {
      serviceArn: arn("ecs", `service/${cluster.split("/").at(-1)}/${name}`),
      serviceName: name,
      clusterArn: cluster,
      status: "ACTIVE",
      desiredCount,
      runningCount: desiredCount,
      pendingCount: 0,
      taskDefinition: textAt(inputs, "taskDefinition"),
      deployments: [
        {
          id: "ecs-svc/1",
          status: "PRIMARY",
          desiredCount,
          runningCount: desiredCount,
          pendingCount: 0,
          failedTasks: failed,
          rolloutState: "COMPLETED",
        },
      ],
      events: [
        { id: "1", createdAt: LONG_AGO, message: `(service ${name}) has reached a steady state.` },
      ],
    };
  });
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html */
function taskDefinition(called: string, deployed: DeployedState): Answer {
  const found = resources(deployed, "ecs/taskDefinition:TaskDefinition").find(({ name }) =>
    called.endsWith(`/${name}`),
  );
  if (found === undefined) {
    return jsonError("ClientException", "Unable to describe task definition.");
  }
  return json({
    taskDefinition: {
      taskDefinitionArn: called,
      family: textAt(found.inputs, "family"),
      taskRoleArn: textAt(found.inputs, "taskRoleArn"),
      containerDefinitions: jsonAt(found.inputs, "containerDefinitions"),
    },
  });
}

/**
 * Tasks that were stopped in the last hour: one, where nobody has pushed the image that they run.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
 */
function stoppedTasks(deployed: DeployedState) {
  const { graph } = deployed;
  const isPushed = graph?.resources.some(({ type }) => type === "docker-build:index:Image");
  const [definition] = resources(deployed, "ecs/taskDefinition:TaskDefinition");
  if (graph === undefined || isPushed || definition === undefined) return [];
  const [container] = listAt({ all: jsonAt(definition.inputs, "containerDefinitions") }, "all");
  const image = textAt(container, "image");
  const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: not found`;
  return all(graph, "ecs/cluster:Cluster").map(({ inputs }) => ({
    taskArn: arn("ecs", `task/${textAt(inputs, "name")}/1`),
    lastStatus: "STOPPED",
    desiredStatus: "STOPPED",
    stopCode: "TaskFailedToStart",
    stoppedAt: LONG_AGO,
    stoppedReason: reason,
    containers: [{ name: textAt(container, "name"), reason }],
  }));
}

/**
 * https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
 */
export function lambda({ pathname, searchParams }: URL, deployed: DeployedState): Answer {
  const [, limited] = /^\/2019-09-30\/functions\/(.+)\/concurrency$/.exec(pathname) ?? [];
  if (limited !== undefined) return functionConcurrency(decodeURIComponent(limited), deployed);
  const [, name] = /^\/2015-03-31\/functions\/(.+)\/configuration$/.exec(pathname) ?? [];
  if (name !== undefined) return functionConfiguration(decodeURIComponent(name), deployed);
  const queue = searchParams.get("EventSourceArn");
  const mappings = resources(deployed, "lambda/eventSourceMapping:EventSourceMapping")
    .filter(({ inputs }) => textAt(inputs, "eventSourceArn") === queue)
    .map(({ name: UUID, inputs }) => ({
      UUID,
      BatchSize: numberAt(inputs, "batchSize"),
      EventSourceArn: textAt(inputs, "eventSourceArn"),
      FunctionArn: textAt(inputs, "functionName"),
      State: at(inputs, "enabled") === false ? "Disabled" : "Enabled",
      FunctionResponseTypes: listAt(inputs, "functionResponseTypes"),
      ...(at(inputs, "scalingConfig") !== undefined && {
        ScalingConfig: { MaximumConcurrency: numberAt(inputs, "scalingConfig.maximumConcurrency") },
      }),
      ...(at(inputs, "provisionedPollerConfig") !== undefined && {
        ProvisionedPollerConfig: {
          MinimumPollers: numberAt(inputs, "provisionedPollerConfig.minimumPollers"),
          MaximumPollers: numberAt(inputs, "provisionedPollerConfig.maximumPollers"),
        },
      }),
    }));
  return json({ EventSourceMappings: mappings });
}

function functionOf(called: string, deployed: DeployedState): Resource | undefined {
  return resources(deployed, "lambda/function:Function").find(
    ({ inputs }) => called.split(":").at(-1) === textAt(inputs, "name"),
  );
}

/** Without a concurrency of its own the answer is an empty object. */
function functionConcurrency(called: string, deployed: DeployedState): Answer {
  const reserved = at(functionOf(called, deployed)?.inputs, "reservedConcurrentExecutions");
  return json(reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved });
}

function functionConfiguration(called: string, deployed: DeployedState): Answer {
  const found = functionOf(called, deployed);
  if (found === undefined) {
    return jsonError("ResourceNotFoundException", `Function not found: ${called}`, 404);
  }
  return json({
    FunctionName: textAt(found.inputs, "name"),
    FunctionArn: called,
    Role: textAt(found.inputs, "role"),
    MemorySize: numberAt(found.inputs, "memorySize"),
    Timeout: numberAt(found.inputs, "timeout"),
    State: "Active",
    LastUpdateStatus: "Successful",
  });
}

/**
 * Alarms of one metric are off and on by what waits in their queue now; all others are off.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export async function cloudwatch(
  region: string,
  input: Json,
  deployed: DeployedState,
): Promise<Answer> {
  const prefix = textAt(input, "AlarmNamePrefix");
  const named = resources(deployed, "cloudwatch/metricAlarm:MetricAlarm").filter(
    (each) => each.region === region && textAt(each.inputs, "name").startsWith(prefix),
  );
  const alarms = named.map(async ({ inputs }) => ({
    AlarmName: textAt(inputs, "name"),
    AlarmDescription: textAt(inputs, "alarmDescription"),
    ActionsEnabled: at(inputs, "actionsEnabled") !== false,
    AlarmActions: listAt(inputs, "alarmActions"),
    StateValue:
      deployed.account.inAlarm.some((name) => textAt(inputs, "name").includes(name)) ||
      (await isOff(inputs, deployed))
        ? "ALARM"
        : "OK",
  }));
  return json({ MetricAlarms: await Promise.all(alarms), CompositeAlarms: [] });
}

async function isOff(inputs: Resource["inputs"], { waiting }: DeployedState): Promise<boolean> {
  const [query, ...others] = listAt(inputs, "metricQueries");
  const name = textAt(query, "metric.metricName");
  if (others.length > 0 || name !== "ApproximateNumberOfMessagesVisible") return false;
  const queue = textAt(query, "metric.dimensions.QueueName");
  return (await waiting(queue)) >= numberAt(inputs, "threshold");
}
