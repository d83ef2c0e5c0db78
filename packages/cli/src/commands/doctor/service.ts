import type { ECSClient, Service, Task } from "@aws-sdk/client-ecs";
import { clientConfig } from "@imagefleet/core/aws";
import { askFor, type Check, noneHere } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { isOfStage } from "../../connection/stage/names.ts";
import { many } from "../../terminal/thousands.ts";
import type { Patient } from "./fleet.ts";

const NAME = "service of the worker";
const PERMISSIONS =
  "ecs:ListClusters, ecs:ListServices, ecs:DescribeServices, ecs:DescribeTaskDefinition, ecs:ListTasks and ecs:DescribeTasks";

/** What ECS says of the worker. */
export interface WorkerFacts {
  readonly checks: readonly Check[];
  /** The task's role; undefined where it is not known. */
  readonly role: string | undefined;
  /** Tasks that run now; undefined where it is not known. */
  readonly running: number | undefined;
}

/** Does the service run what it should, did its deployment end well, do its tasks start? */
export async function workerChecks({ stage }: Patient): Promise<WorkerFacts> {
  let role: string | undefined;
  let running: number | undefined;
  if (stage === undefined) {
    const checks = [noneHere(NAME, "service of ECS: its worker is a program on this machine")];
    return { checks, role, running };
  }
  const { ECSClient } = await sdk(() => import("@aws-sdk/client-ecs"));
  const ecs = new ECSClient(clientConfig(stage.clients.ECS));
  try {
    const checks = await askFor(NAME, PERMISSIONS, async () => {
      const found = await serviceOf(ecs, stage.prefix);
      if (found === undefined) {
        return [wrong("It is not there: nothing takes the large lane's messages.")];
      }
      const { service, cluster } = found;
      running = service.runningCount ?? 0;
      role = await roleOf(ecs, service);
      const stopped = await stoppedTasks(ecs, cluster, service);
      const faults = [...serviceFaults(service), ...taskFaults(stopped)];
      return faults.length > 0 ? faults : [healthy(service)];
    });
    return { checks, role, running };
  } finally {
    ecs.destroy();
  }
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
  const { taskDefinition: is } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition }),
  );
  return is?.taskRoleArn;
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
function serviceFaults({ deployments = [], events = [], desiredCount = 0 }: Service): Check[] {
  const said = events[0]?.message;
  const last = said === undefined ? "" : ` ECS says: ${said}`;
  const failed = deployments.find(({ rolloutState }) => rolloutState === "FAILED");
  if (failed !== undefined) {
    const why = failed.rolloutStateReason ?? "no reason is given";
    return [wrong(`Its deployment failed, and was rolled back: ${why}.${last}`)];
  }
  const unplaced = events.find(({ message = "" }) => /unable to/.test(message));
  const isWaiting = deployments.some(({ runningCount = 0, pendingCount = 0 }) => {
    return runningCount + pendingCount < desiredCount;
  });
  return isWaiting && unplaced !== undefined
    ? [wrong(`It wants ${many(desiredCount, "task")}, and cannot start them.${last}`)]
    : [];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
function taskFaults(stopped: readonly Task[]): Check[] {
  const [latest] = stopped
    .filter(isFailure)
    .toSorted((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0));
  if (latest === undefined) return [];
  const code = latest.containers?.find(({ exitCode }) => exitCode)?.exitCode;
  const ended = code === undefined ? "could not start" : `ended with exit code ${code}`;
  return [
    {
      name: "tasks of the worker",
      state: "wrong",
      says: `A task ${ended}: ${latest.stoppedReason ?? "ECS gives no reason"}.`,
      fix: "See the worker's log (docs/operations.md), mend what it names, and deploy again.",
      blocks: ["large"],
    },
  ];
}

function isFailure({ stopCode, containers = [] }: Task): boolean {
  return stopCode === "TaskFailedToStart" || containers.some(({ exitCode }) => exitCode);
}

function healthy({ runningCount = 0, desiredCount = 0, deployments = [] }: Service): Check {
  const state = deployments[0]?.rolloutState === "IN_PROGRESS" ? "is under way" : "is complete";
  return {
    name: NAME,
    state: "ok",
    says: `${many(runningCount, "task")} of ${desiredCount} run; its deployment ${state}.`,
  };
}

function wrong(says: string): Check {
  return {
    name: NAME,
    state: "wrong",
    says,
    fix: "Mend what ECS names, and deploy the stage again.",
    blocks: ["large"],
  };
}

function lastOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
