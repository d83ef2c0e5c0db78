import { fileURLToPath } from "node:url";
import { GenericContainer } from "testcontainers";
import type { TestProject } from "vitest/node";
import { onEngine } from "./engine.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const IMAGE = "imagefleet-worker:test";
/** The same base by its name on Docker Hub, which the function's tests also pull. */
export const BUILD_ARGS = { BASE: "node:24-bookworm-slim" };

declare module "vitest" {
  interface ProvidedContext {
    /** The worker's image from docker/worker.Dockerfile; "" if it cannot be built. */
    workerImage: string;
  }
}

/** Builds the image that is deployed, once for all tests of this project. */
export default async function setUp(project: TestProject): Promise<void> {
  const built = await onEngine("the tests of the worker's image", () =>
    GenericContainer.fromDockerfile(ROOT, "docker/worker.Dockerfile")
      .withBuildkit()
      .withBuildArgs(BUILD_ARGS)
      .build(IMAGE, { deleteOnExit: false }),
  );
  project.provide("workerImage", built ? IMAGE : "");
}
