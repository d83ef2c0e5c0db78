import { existsSync } from "node:fs";
import { join } from "node:path";
import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "../read.ts";
import type { Graph, Json } from "../resource.ts";
import type { Rule } from "./rule.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const GB = 1_000_000_000;
/** Fargate's own limit, s. */
const MAX_STOP_SECONDS = 120;

function container(graph: Graph): Json {
  const [task] = all(graph, "ecs/taskDefinition:TaskDefinition");
  return at(jsonAt(task?.inputs, "containerDefinitions"), "0") ?? null;
}

/** The container's variables. */
export function workerEnvironment(graph: Graph): Record<string, string> {
  const pairs = listAt(container(graph), "environment");
  return Object.fromEntries(pairs.map((each) => [textAt(each, "name"), textAt(each, "value")]));
}

export const aStopHasEnoughTime: Rule = (graph) => {
  if (graph.dev) return [];
  const env = workerEnvironment(graph);
  const stop = numberAt(container(graph), "stopTimeout");
  const needs = Number(env["IMAGEFLEET_POLL_SECONDS"]) + Number(env["IMAGEFLEET_DRAIN_SECONDS"]);
  return stop <= MAX_STOP_SECONDS && needs < stop
    ? []
    : [`a stop has ${stop} s, of ${MAX_STOP_SECONDS} at most; poll and drain take ${needs}`];
};

/** A crashed task's message becomes visible after its lease, which is the queue's visibility timeout. */
export const theLeaseIsTheVisibilityTimeout: Rule = (graph) => {
  if (graph.dev) return [];
  const env = workerEnvironment(graph);
  const queue = all(graph, "sqs/queue:Queue").find(({ inputs }) =>
    env["IMAGEFLEET_LARGE_QUEUE_URL"]?.endsWith(`/${textAt(inputs, "name")}`),
  );
  const visibility = numberAt(queue?.inputs, "visibilityTimeoutSeconds");
  return visibility === Number(env["IMAGEFLEET_LEASE_SECONDS"])
    ? []
    : [
        `the large lane hides messages ${visibility} s, the worker's lease is ${env["IMAGEFLEET_LEASE_SECONDS"]} s`,
      ];
};

export const theWorkerAcceptsNoConnections: Rule = (graph) => {
  if (graph.dev) return [];
  const [task] = all(graph, "ecs/taskDefinition:TaskDefinition");
  const [service] = all(graph, "ecs/service:Service");
  const worker = container(graph);
  return [
    ...(at(worker, "readonlyRootFilesystem") === true ? [] : ["the worker may write to its root"]),
    ...(listAt(worker, "portMappings").length === 0 ? [] : ["the worker has a port"]),
    ...(at(service?.inputs, "enableExecuteCommand") === false ? [] : ["the worker has a shell"]),
    ...(textAt(worker, "mountPoints.0.containerPath") === "/scratch"
      ? []
      : ["the worker has no scratch"]),
    ...(numberAt(task?.inputs, "ephemeralStorage.sizeInGib") >= 21
      ? []
      : ["the worker's disk is small"]),
    ...all(graph, "ec2/securityGroup:SecurityGroup")
      .filter(({ inputs }) => listAt(inputs, "ingress").length > 0)
      .map(({ name }) => `${name} lets traffic in`),
  ];
};

/** Its image, S3 and SQS are reached over TLS, from a public address, through the gateway. */
export const theWorkerReachesAws: Rule = (graph) => {
  // A network of others has its own ways out.
  if (graph.dev || all(graph, "ec2/vpc:Vpc").length === 0) return [];
  const out = all(graph, "ec2/securityGroup:SecurityGroup").flatMap(({ inputs }) =>
    listAt(inputs, "egress").filter(
      (each) => numberAt(each, "fromPort") <= 443 && numberAt(each, "toPort") >= 443,
    ),
  );
  const routes = all(graph, "ec2/routeTable:RouteTable").flatMap(({ inputs }) =>
    listAt(inputs, "routes").filter(
      (each) => textAt(each, "cidrBlock") === "0.0.0.0/0" && textAt(each, "gatewayId") !== "",
    ),
  );
  return [
    ...(out.length > 0 ? [] : ["nothing goes out by 443"]),
    ...(routes.length > 0 ? [] : ["there is no way to the internet's gateway"]),
  ];
};

/** A check that cannot be run fails, and ECS kills every task that it starts. */
export const theHealthCheckExists: Rule = (graph) => {
  if (graph.dev) return [];
  const file = listAt(container(graph), "healthCheck.command").map(String).at(-1) ?? "";
  return file !== "" && existsSync(join(ROOT, file)) ? [] : [`there is no ${file}`];
};

/** Messages in flight are work too: a lane with none waiting and one in flight must keep its task. */
export const scalingCountsMessagesInFlight: Rule = (graph) => {
  if (graph.dev) return [];
  const alarms = all(graph, "cloudwatch/metricAlarm:MetricAlarm").filter(({ inputs }) =>
    textAt(inputs, "alarmActions.0").includes("appautoscaling"),
  );
  const [target] = all(graph, "appautoscaling/target:Target");
  return [
    ...(alarms.length === 2 ? [] : [`${alarms.length} alarms scale the worker, not 2`]),
    ...(numberAt(target?.inputs, "minCapacity") === 0 ? [] : ["the worker does not scale to zero"]),
    ...alarms.flatMap(({ name, inputs }) => {
      const metrics = listAt(inputs, "metricQueries").map((each) =>
        textAt(each, "metric.metricName"),
      );
      return ["ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"]
        .filter((metric) => !metrics.includes(metric))
        .map((metric) => `${name} does not count ${metric}`);
    }),
  ];
};

/** On Fargate a container without a limit of its own sees the machine's memory, not the task's. */
export const aContainerHasAMemoryLimit: Rule = (graph) => {
  if (graph.dev) return [];
  const [task] = all(graph, "ecs/taskDefinition:TaskDefinition");
  const [own, whole] = [numberAt(container(graph), "memory"), textAt(task?.inputs, "memory")];
  return String(own) === whole ? [] : [`the container has ${own} MiB of its task's ${whole}`];
};

/**
 * ECS's own percentages, 100 and 200, start every new task before an old one ends: twice the vCPUs.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
 */
export const aDeploymentStartsNoAdditionalTask: Rule = (graph) =>
  all(graph, "ecs/service:Service")
    .filter(({ inputs }) => inputs["deploymentMaximumPercent"] !== 100)
    .map(({ name, inputs }) => `${name} may run ${inputs["deploymentMaximumPercent"]} %`);

/**
 * At most one provider has a base, and where all weights are 0 no task is placed but those of the base. A
 * service that goes to or from a launch type is replaced, and one without a forced deployment as well.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
 * https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service#capacity_provider_strategy-1
 */
export const tasksHaveACapacityProvider: Rule = (graph) => {
  const known = all(graph, "ecs/clusterCapacityProviders:ClusterCapacityProviders").flatMap(
    ({ inputs }) => texts(at(inputs, "capacityProviders")),
  );
  return all(graph, "ecs/service:Service").flatMap(({ name, inputs }) => {
    const strategy = listAt(inputs, "capacityProviderStrategies");
    const providers = strategy.map((each) => textAt(each, "capacityProvider"));
    return [
      ...(strategy.some((each) => numberAt(each, "weight") > 0)
        ? []
        : [`${name} has no provider by weight`]),
      ...(strategy.filter((each) => numberAt(each, "base") > 0).length <= 1
        ? []
        : [`${name} has two bases`]),
      ...providers
        .filter((each) => !known.includes(each))
        .map((each) => `${name} runs on ${each}, which its cluster does not have`),
      ...("launchType" in inputs || inputs["forceNewDeployment"] !== true
        ? [`${name} is replaced when its capacity changes`]
        : []),
    ];
  });
};

export const taskFailuresAreReported: Rule = (graph) => {
  if (graph.dev) return [];
  const rules = all(graph, "cloudwatch/eventRule:EventRule");
  const reported = new Set(
    all(graph, "cloudwatch/eventTarget:EventTarget")
      .filter(({ inputs }) => textAt(inputs, "arn").includes(":sns:"))
      .map(({ inputs }) => textAt(inputs, "rule")),
  );
  const kinds = rules
    .filter(({ inputs }) => reported.has(textAt(inputs, "name")))
    .flatMap(({ inputs }) => listAt(jsonAt(inputs, "eventPattern"), "detail-type"));
  return ["ECS Deployment State Change", "ECS Service Action", "ECS Task State Change"]
    .filter((kind) => !kinds.includes(kind))
    .map((kind) => `nothing reports "${kind}"`);
};

export const theDiskHasSpaceForTheLargestSource =
  (limitBytes: number): Rule =>
  (graph) => {
    if (graph.dev) return [];
    const [task] = all(graph, "ecs/taskDefinition:TaskDefinition");
    const disk = numberAt(task?.inputs, "ephemeralStorage.sizeInGib");
    const jobs = Number(workerEnvironment(graph)["IMAGEFLEET_JOBS"]);
    return disk * GB > limitBytes * jobs
      ? []
      : [`a disk of ${disk} GB for sources of ${limitBytes} bytes`];
  };
