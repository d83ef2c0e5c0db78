import { existsSync } from "node:fs";
import { join } from "node:path";
import { draining, sending, storeAccess } from "./access.ts";
import { type Fleet, transformed } from "./context.ts";
import type { Network } from "./network.ts";
import { LOG_RETENTION, QUEUES, WORKER } from "./numbers.ts";
import { program, programs } from "./programs.ts";
import type { Lane } from "./queues.ts";
import type { FleetSettings } from "./settings-schema.ts";
import type { Stores } from "./storage.ts";
import { hardened } from "./task.ts";
import type { Telemetry } from "./telemetry.ts";

const GB = 1_000_000_000;
/** What every Fargate task has. */
const LEAST_DISK_GB = 20;

export function makeCluster({ name, within }: Fleet, network: Network): sst.aws.Cluster {
  return new sst.aws.Cluster(
    `${name}Fleet`,
    {
      vpc: {
        id: network.id,
        containerSubnets: network.subnets,
        loadBalancerSubnets: [],
        securityGroups: network.groups,
      },
    },
    within,
  );
}

interface Surroundings {
  readonly stores: Stores;
  readonly large: Lane;
  readonly network: Network;
  readonly telemetry: Telemetry;
}

/** Drains the large lane: from no task at all, and back to none (scaling.ts). */
export function makeWorker(
  fleet: Fleet,
  cluster: sst.aws.Cluster,
  around: Surroundings,
): sst.aws.Service {
  const { settings, retained, recipe } = fleet;
  const { stores, large, network, telemetry } = around;
  const { source, renditions } = stores;
  return new sst.aws.Service(
    ...transformed<sst.aws.ServiceArgs>(
      fleet.transform.worker,
      `${fleet.name}Worker`,
      {
        cluster,
        // SST puts all images of an account in one repository under the container's name: tagged with the
        // stage too, one that is deployed is not taken for left over.
        image: {
          context: programs(),
          dockerfile: "docker/worker.Dockerfile",
          tags: [`${$app.name}-${$app.stage}`],
        },
        architecture: "arm64",
        cpu: `${WORKER.cpus} vCPU`,
        memory: `${WORKER.memoryGb} GB`,
        storage: `${diskGb(recipe.limits.bytes)} GB`,
        capacity: capacityOf(settings),
        // By backlog alone: CPU says nothing of a queue.
        scaling: {
          min: 0,
          max: settings.workerTasks,
          cpuUtilization: false,
          memoryUtilization: false,
        },
        environment: {
          // Taken from the folder that a build adds to the image, or, in `sst dev`, from where it lies.
          IMAGEFLEET_RECIPE: $dev ? join(recipe.folder, recipe.file) : recipe.file,
          IMAGEFLEET_RENDITION_BUCKET: renditions.name,
          IMAGEFLEET_SOURCE_BUCKETS: source.name,
          IMAGEFLEET_LARGE_QUEUE_URL: large.queue.url,
          IMAGEFLEET_LARGE_DLQ_URL: large.dlq.url,
          IMAGEFLEET_MAX_RECEIVES: String(QUEUES.maxReceives),
          IMAGEFLEET_JOBS: String(WORKER.jobsPerTask),
          IMAGEFLEET_LEASE_SECONDS: String(WORKER.leaseSeconds),
          IMAGEFLEET_POLL_SECONDS: String(WORKER.pollSeconds),
          IMAGEFLEET_DRAIN_SECONDS: String(WORKER.drainSeconds),
          ...telemetry.environment,
        },
        logging: { retention: retained ? LOG_RETENTION.production : LOG_RETENTION.other },
        health: {
          command: ["CMD", "node", "packages/worker/src/health/check.ts"],
          startPeriod: "30 seconds",
          interval: "30 seconds",
          timeout: "10 seconds",
          retries: 3,
        },
        // `sst dev` runs it here, against the stage's own queue, with the Node that the lockfile brought.
        dev: { command: `${node()} ${program("packages/worker/src/main.ts")}`, autostart: true },
        transform: {
          image: (image) => {
            // In the place of the stage "recipe" of the Dockerfile.
            image.context = {
              location: join($cli.paths.root, programs()),
              named: { recipe: { location: join($cli.paths.root, recipe.folder) } },
            };
          },
          taskDefinition: hardened,
          taskRole: (role) => {
            // In place of SST's own, which opens a shell into every task.
            role.inlinePolicies = [
              { name: "worker", policy: workerPolicy(fleet, cluster, around) },
            ];
          },
          executionRole: (role) => {
            // In place of SST's own, which reads every secret of the account. The task has none.
            role.inlinePolicies = [];
          },
          service: (service, options) => {
            // The tasks that there are: scaling's business, and no deployment's.
            options.ignoreChanges = ["desiredCount"];
            service.enableExecuteCommand = false;
            // A deployment takes no tasks on top, which the quota of vCPUs may not have: nobody waits for a
            // queue's worker while one replaces the other.
            service.deploymentMinimumHealthyPercent = 0;
            service.deploymentMaximumPercent = 100;
            service.propagateTags = "SERVICE";
            service.networkConfiguration = {
              assignPublicIp: network.publicAddresses,
              subnets: network.subnets,
              securityGroups: network.groups,
            };
          },
        },
      },
      fleet.within,
    ),
  );
}

/**
 * The base is the number of tasks that are placed on demand before any goes by weight; a provider of
 * weight 0 takes no more than its base. ECS places no task on demand in the place of one for which Spot
 * has no capacity.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
 *
 * Never undefined: SST would set a launch type, and the provider replaces a service that goes from a
 * strategy to none. From one strategy to another it is updated in place, as SST forces a deployment.
 */
function capacityOf({ spot, onDemandTasks }: FleetSettings) {
  return spot
    ? { fargate: { base: onDemandTasks, weight: 0 }, spot: { weight: 1 } }
    : { fargate: { weight: 1 } };
}

function node(): string {
  const brought = "node_modules/.bin/node";
  return existsSync(join($cli.paths.root, brought)) ? brought : "node";
}

function workerPolicy(
  fleet: Fleet,
  cluster: sst.aws.Cluster,
  { stores, large, telemetry }: Surroundings,
) {
  const statements = [
    ...storeAccess(fleet, stores),
    draining(large.queue),
    sending(large.dlq),
    ...telemetry.tracing,
    // A task says of itself that it has work in hand: then it is not scaled in.
    {
      actions: ["ecs:UpdateTaskProtection"],
      resources: [
        $output(cluster.nodes.cluster.arn).apply(
          (arn) => `${arn.replace(":cluster/", ":task/")}/*`,
        ),
      ],
    },
  ];
  return aws.iam.getPolicyDocumentOutput({ statements }).json;
}

/** The largest source that the recipe lets in, for every job at once, and the spare. */
function diskGb(largest: number): number {
  const sources = (largest * WORKER.jobsPerTask) / GB;
  return Math.max(LEAST_DISK_GB, Math.ceil(sources + WORKER.spareDiskGb));
}
