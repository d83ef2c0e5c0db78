import type { ECSClient, Service, Task } from "@aws-sdk/client-ecs";
import { clientConfig } from "@imagefleet/core/aws";
import { absentLocally, askFor, type Check, ok, problem } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { owned } from "../../connection/owned.ts";
import { isOfStage } from "../../connection/stage/names.ts";
import { many } from "../../terminal/format.ts";
import type { Fleet } from "./fleet.ts";

const NAME = "ECS service of the worker";
const PERMISSIONS =
  "ecs:ListClusters, ecs:ListServices, ecs:DescribeServices, ecs:DescribeTaskDefinition, ecs:ListTasks and ecs:DescribeTasks";

/** What ECS reports about the worker. */
export interface WorkerFacts {
  readonly checks: readonly Check[];
  /** The task's role; undefined if unknown. */
  readonly role: string | undefined;
  /** How many tasks run now; undefined if unknown. */
  readonly running: number | undefined;
}

/** Checks that the service exists, its deployment succeeded and its tasks start. */
export async function workerChecks({ stage }: Fleet): Promise<WorkerFacts> {
  let role: string | undefined;
  let running: number | undefined;
  if (stage === undefined) {
    const checks = [absentLocally(NAME, "ECS service: its worker is a program on this machine")];
    return { checks, role, running };
  }
  const { ECSClient } = await sdk(() => import("@aws-sdk/client-ecs"));
  using ecs = owned(new ECSClient(clientConfig(stage.clients("ECS"))));
  const checks = await askFor(NAME, PERMISSIONS, async () => {
    const found = await serviceOf(ecs, stage.prefix);
    if (found === undefined) {
      return [wrong("The service does not exist: nothing receives the large lane's messages.")];
    }
    const { service, cluster } = found;
    running = service.runningCount ?? 0;
    role = await roleOf(ecs, service);
    const stopped = await stoppedTasks(ecs, cluster, service);
    const problems = [...serviceProblems(service), ...taskProblems(stopped)];
    return problems.length > 0 ? problems : [healthy(service)];
  });
  return { checks, role, running };
}

async function serviceOf(ecs: ECSClient, prefix: string) {
  const { DescribeServicesCommand, paginateListClusters, paginateListServices } = await sdk(
    () => import("@aws-sdk/client-ecs"),
  );
  const clusters: string[] = [];
  for await (const { clusterArns = [] } of paginateListClusters({ client: ecs }, {})) {
    clusters.push(...clusterArns.filter((arn) => isOfStage(lastOf(arn), prefix, "FleetCluster")));
  }
  for (const cluster of clusters) {
    for await (const { serviceArns = [] } of paginateListServices({ client: ecs }, { cluster })) {
      if (serviceArns.length === 0) continue;
      const { services = [] } = await ecs.send(
        new DescribeServicesCommand({ cluster, services: serviceArns }),
      );
      const service = services.find(({ status }) => status !== "INACTIVE");
      if (service !== undefined) return { service, cluster };
    }
  }
  return undefined;
}

async function roleOf(ecs: ECSClient, { taskDefinition }: Service): Promise<string | undefined> {
  const { DescribeTaskDefinitionCommand } = await sdk(() => import("@aws-sdk/client-ecs"));
  const { taskDefinition: definition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition }),
  );
  return definition?.taskRoleArn;
}

/** ECS keeps stopped tasks for about an hour. */
async function stoppedTasks(ecs: ECSClient, cluster: string, { serviceName }: Service) {
  const { DescribeTasksCommand, ListTasksCommand } = await sdk(() => import("@aws-sdk/client-ecs"));
  const { taskArns: tasks = [] } = await ecs.send(
    new ListTasksCommand({ cluster, serviceName, desiredStatus: "STOPPED" }),
  );
  if (tasks.length === 0) return [];
  const described = await ecs.send(new DescribeTasksCommand({ cluster, tasks }));
  return described.tasks ?? [];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html */
function serviceProblems({ deployments = [], events = [], desiredCount = 0 }: Service): Check[] {
  const event = events[0]?.message;
  const last = event === undefined ? "" : ` ECS reports: ${event}`;
  const failed = deployments.find(({ rolloutState }) => rolloutState === "FAILED");
  if (failed !== undefined) {
    const why = failed.rolloutStateReason ?? "ECS gives no reason";
    return [wrong(`The deployment failed and was rolled back: ${why}.${last}`)];
  }
  const unplaced = events.find(({ message = "" }) => /unable to/.test(message));
  const isWaiting = deployments.some(({ runningCount = 0, pendingCount = 0 }) => {
    return runningCount + pendingCount < desiredCount;
  });
  return isWaiting && unplaced !== undefined
    ? [wrong(`The service cannot start ${many(desiredCount, "task")}.${last}`)]
    : [];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
function taskProblems(stopped: readonly Task[]): Check[] {
  const [latest] = stopped
    .filter(isFailure)
    .toSorted((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0));
  if (latest === undefined) return [];
  const code = latest.containers?.find(({ exitCode }) => exitCode)?.exitCode;
  const ended = code === undefined ? "could not start" : `exited with code ${code}`;
  return [
    problem(
      "tasks of the worker",
      `A task ${ended}: ${latest.stoppedReason ?? "ECS gives no reason"}.`,
      "Read the worker's log (docs/operations.md), fix the cause, and deploy again.",
      ["large"],
    ),
  ];
}

function isFailure({ stopCode, containers = [] }: Task): boolean {
  return stopCode === "TaskFailedToStart" || containers.some(({ exitCode }) => exitCode);
}

function healthy({ runningCount = 0, desiredCount = 0, deployments = [] }: Service): Check {
  const state = deployments[0]?.rolloutState === "IN_PROGRESS" ? "is in progress" : "is complete";
  return ok(
    NAME,
    `${many(runningCount, "task")} of ${desiredCount} running; the deployment ${state}.`,
  );
}

function wrong(message: string): Check {
  return problem(NAME, message, "Fix what ECS reports, and deploy the stage again.", ["large"]);
}

function lastOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
