import { WORKER } from "./numbers.ts";

/** The worker's only writable folder: on the task's own disk, owned as docker/worker.Dockerfile says. */
const SCRATCH = { volume: "scratch", path: "/scratch" };

/**
 * What SST has no argument for: a read-only root, a scratch volume, all the time that Fargate gives
 * to a stop, and no port and no terminal, which a worker needs none of.
 */
export function hardened(task: aws.ecs.TaskDefinitionArgs): undefined {
  task.volumes = [{ name: SCRATCH.volume }];
  task.containerDefinitions = $output(task.containerDefinitions).apply((json) => {
    const containers: object[] = JSON.parse(json);
    return JSON.stringify(
      containers.map((container) => ({
        ...container,
        stopTimeout: WORKER.stopTimeoutSeconds,
        readonlyRootFilesystem: true,
        pseudoTerminal: false,
        portMappings: [],
        mountPoints: [{ sourceVolume: SCRATCH.volume, containerPath: SCRATCH.path }],
      })),
    );
  });
}
