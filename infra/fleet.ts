import recipe from "../recipe.ts";
import { draining, sending, storeAccess } from "./access.ts";
import { network } from "./network.ts";
import { LOG_RETENTION, QUEUES, WORKER } from "./numbers.ts";
import { large } from "./queues.ts";
import { retained, settings } from "./stage.ts";
import { renditions, source } from "./storage.ts";
import { hardened } from "./task.ts";
import { telemetry, tracing } from "./telemetry.ts";

const GB = 1_000_000_000;
/** What every Fargate task has. */
const LEAST_DISK_GB = 20;

export const cluster = new sst.aws.Cluster("Fleet", {
  vpc: {
    id: network.id,
    containerSubnets: network.subnets,
    loadBalancerSubnets: [],
    securityGroups: network.groups,
  },
});

/** Drains the large lane: from no task at all, and back to none (scaling.ts). */
export const worker = new sst.aws.Service("Worker", {
  cluster,
  // SST puts all images of an account in one repository under the container's name: tagged with the
  // stage too, one that is deployed is not taken for left over.
  image: {
    context: ".",
    dockerfile: "docker/worker.Dockerfile",
    tags: [`${$app.name}-${$app.stage}`],
  },
  architecture: "arm64",
  cpu: `${WORKER.cpus} vCPU`,
  memory: `${WORKER.memoryGb} GB`,
  storage: `${diskGb()} GB`,
  capacity: {
    fargate: { base: WORKER.onDemandTasks, weight: 0 },
    spot: { weight: 1 },
  },
  // By backlog alone: CPU says nothing of a queue.
  scaling: { min: 0, max: settings.workerTasks, cpuUtilization: false, memoryUtilization: false },
  environment: {
    IMAGEFLEET_RENDITION_BUCKET: renditions.name,
    IMAGEFLEET_SOURCE_BUCKETS: source.name,
    IMAGEFLEET_LARGE_QUEUE_URL: large.queue.url,
    IMAGEFLEET_LARGE_DLQ_URL: large.letters.url,
    IMAGEFLEET_MAX_RECEIVES: String(QUEUES.maxReceives),
    IMAGEFLEET_JOBS: String(WORKER.jobsPerTask),
    IMAGEFLEET_LEASE_SECONDS: String(WORKER.leaseSeconds),
    IMAGEFLEET_POLL_SECONDS: String(WORKER.pollSeconds),
    IMAGEFLEET_DRAIN_SECONDS: String(WORKER.drainSeconds),
    ...telemetry,
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
  dev: { command: "node_modules/.bin/node packages/worker/src/main.ts", autostart: true },
  transform: {
    taskDefinition: hardened,
    taskRole: (role) => {
      // In place of SST's own, which opens a shell into every task.
      role.inlinePolicies = [{ name: "worker", policy: workerPolicy() }];
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
});

function workerPolicy() {
  const statements = [
    ...storeAccess,
    draining(large.queue),
    sending(large.letters),
    ...tracing,
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
function diskGb(): number {
  const sources = (recipe.limits.bytes * WORKER.jobsPerTask) / GB;
  return Math.max(LEAST_DISK_GB, Math.ceil(sources + WORKER.spareDiskGb));
}
