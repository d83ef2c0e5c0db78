import { existsSync } from "node:fs";
import { join } from "node:path";
import { draining, RECONCILING, sending, storeAccess } from "./access.ts";
import { type Fleet, transformed } from "./context.ts";
import type { Network } from "./network.ts";
import { LOG_RETENTION, QUEUES, WORKER } from "./numbers.ts";
import { program, programs } from "./programs.ts";
import type { Lanes } from "./queues.ts";
import type { FleetSettings } from "./settings-schema.ts";
import type { Stores } from "./storage.ts";
import { hardened } from "./task.ts";
import type { Telemetry } from "./telemetry.ts";

const GB = 1_000_000_000;
/** The smallest disk of a Fargate task. */
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

interface Parts {
  readonly stores: Stores;
  readonly lanes: Lanes;
  readonly network: Network;
  readonly telemetry: Telemetry;
}

/** The service that drains the large lane. It scales from zero and back (scaling.ts). */
export function makeWorker(fleet: Fleet, cluster: sst.aws.Cluster, around: Parts): sst.aws.Service {
  const { settings, retained, recipe } = fleet;
  const { stores, lanes, network, telemetry } = around;
  const { large, invalidations, catalog } = lanes;
  const { source, renditions } = stores;
  return new sst.aws.Service(
    ...transformed<sst.aws.ServiceArgs>(
      fleet.transform.worker,
      `${fleet.name}Worker`,
      {
        cluster,
        // SST puts all images of an account in one repository. The tag of the stage marks a deployed image
        // as in use.
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
        // The backlog alone scales the service (backlog.ts).
        scaling: {
          min: 0,
          max: settings.workerTasks,
          cpuUtilization: false,
          memoryUtilization: false,
        },
        environment: {
          // The build copies the recipe into the image; in `sst dev` it is read from its folder.
          IMAGEFLEET_RECIPE: $dev ? join(recipe.folder, recipe.file) : recipe.file,
          IMAGEFLEET_RENDITION_BUCKET: renditions.name,
          IMAGEFLEET_SOURCE_BUCKETS: source.name,
          IMAGEFLEET_LARGE_QUEUE_URL: large.queue.url,
          IMAGEFLEET_LARGE_DLQ_URL: large.dlq.url,
          ...(invalidations && { IMAGEFLEET_INVALIDATIONS_QUEUE_URL: invalidations.queue.url }),
          ...(catalog && { IMAGEFLEET_CATALOG_QUEUE_URL: catalog.queue.url }),
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
        // `sst dev` runs the worker on this machine against the stage's queue, with the lockfile's Node.
        dev: { command: `${node()} ${program("packages/worker/src/main.ts")}`, autostart: true },
        transform: {
          image: (image) => {
            // Replaces the stage "recipe" of the Dockerfile.
            image.context = {
              location: join($cli.paths.root, programs()),
              named: { recipe: { location: join($cli.paths.root, recipe.folder) } },
            };
          },
          taskDefinition: hardened,
          taskRole: (role) => {
            // Replaces SST's policy, which permits a shell in every task.
            role.inlinePolicies = [
              { name: "worker", policy: workerPolicy(fleet, cluster, around) },
            ];
          },
          executionRole: (role) => {
            // Replaces SST's policy, which permits reading every secret of the account. The task needs none.
            role.inlinePolicies = [];
          },
          service: (service, options) => {
            // Auto scaling, not a deployment, sets the number of tasks.
            options.ignoreChanges = ["desiredCount"];
            service.enableExecuteCommand = false;
            // A deployment starts no additional tasks, for which the vCPU quota may be too small. A short
            // pause of a queue's worker does no harm.
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
 * `base` is the number of tasks that are placed on demand before the weights apply; a provider of weight
 * 0 gets no more than its base. ECS does not place a task on demand where Spot has no capacity.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
 *
 * Never undefined: SST would set a launch type, and Pulumi replaces a service that changes from a
 * strategy to none. A change between strategies is an update in place, because SST forces a deployment.
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

function workerPolicy(fleet: Fleet, cluster: sst.aws.Cluster, { stores, lanes, telemetry }: Parts) {
  const { large, invalidations, catalog } = lanes;
  const statements = [
    ...storeAccess(fleet, stores, RECONCILING),
    draining(large.queue),
    sending(large.dlq),
    ...(invalidations ? [sending(invalidations.queue)] : []),
    ...(catalog ? [sending(catalog.queue)] : []),
    ...telemetry.tracing,
    // A task with messages in flight protects itself against scale-in.
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

/** The largest source that the recipe allows, for every concurrent job, and a margin, GB. */
function diskGb(largest: number): number {
  const sources = (largest * WORKER.jobsPerTask) / GB;
  return Math.max(LEAST_DISK_GB, Math.ceil(sources + WORKER.spareDiskGb));
}
