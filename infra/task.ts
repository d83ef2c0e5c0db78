import { WORKER } from "./numbers.ts";

/** The worker's only writable folder, on the task's disk. docker/worker.Dockerfile sets its owner. */
const SCRATCH = { volume: "scratch", path: "/scratch" };

/**
 * Sets what SST has no argument for: the container's memory limit, a read-only root file system, a scratch
 * volume, the longest stop timeout of Fargate, and no port and no terminal.
 */
export function hardened(task: aws.ecs.TaskDefinitionArgs): undefined {
  task.volumes = [{ name: SCRATCH.volume }];
  const { containerDefinitions, memory } = task;
  task.containerDefinitions = $output({ containerDefinitions, memory }).apply((made) => {
    const containers: object[] = JSON.parse(made.containerDefinitions);
    return JSON.stringify(
      containers.map((container) => ({
        ...container,
        // In a container without a memory limit, the kernel reports the machine's memory, which is
        // twice the task's.
        // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
        memory: Number(made.memory),
        stopTimeout: WORKER.stopTimeoutSeconds,
        readonlyRootFilesystem: true,
        pseudoTerminal: false,
        portMappings: [],
        mountPoints: [{ sourceVolume: SCRATCH.volume, containerPath: SCRATCH.path }],
      })),
    );
  });
}
