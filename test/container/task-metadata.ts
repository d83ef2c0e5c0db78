import { createServer } from "node:http";

/** ECS's metadata endpoint for a container on Fargate. */
export interface TaskMetadata {
  /** The value of ECS_CONTAINER_METADATA_URI_V4. */
  readonly uri: string;
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-examples.html
 *
 * @param Limits the task's vCPUs and MiB
 */
export async function startTaskMetadata(Limits: {
  readonly CPU: number;
  readonly Memory: number;
}): Promise<TaskMetadata> {
  const path = "/v4/cd189a933e5849daa93386466019ab50-2495160603";
  const task = {
    Cluster: "arn:aws:ecs:us-west-2:111122223333:cluster/default",
    TaskARN: "arn:aws:ecs:us-west-2:111122223333:task/default/cd189a933e5849daa93386466019ab50",
    Family: "worker",
    Revision: "1",
    DesiredStatus: "RUNNING",
    KnownStatus: "RUNNING",
    Limits,
    LaunchType: "FARGATE",
  };
  const server = createServer((request, response) => {
    if (request.url === `${path}/task`) {
      response.setHeader("content-type", "application/json").end(JSON.stringify(task));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    uri: `http://127.0.0.1:${address.port}${path}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
