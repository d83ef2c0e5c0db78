import { fileURLToPath } from "node:url";
import { GenericContainer, getContainerRuntimeClient, Wait } from "testcontainers";
import { describe, expect, inject, it } from "vitest";
import { BUILD_ARGS } from "./worker-image.setup.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const image = inject("workerImage");
const MINUTES = 60_000;

/** Every file that the image adds to its base: kind, mode, owner, path, link target and content. */
const LIST = `
  cd /
  find app scratch -printf '%y %m %u %g %p %l\\n' | sort
  find app scratch -type f -print0 | sort -z | xargs -0 sha256sum
`;

async function filesOf(built: string): Promise<string[]> {
  const container = await new GenericContainer(built)
    .withCommand(["sleep", "infinity"])
    // Without the image's health check, because no worker runs.
    .withWaitStrategy(Wait.forSuccessfulCommand("true"))
    .start();
  try {
    const { exitCode, output } = await container.exec(["sh", "-c", LIST], { user: "root" });
    expect(exitCode, output).toBe(0);
    return output.split("\n");
  } finally {
    await container.stop({ remove: true, timeout: 0 });
  }
}

describe.skipIf(image === "")("the worker's image", () => {
  it("a second build has the same files, with any earlier build", {
    timeout: 5 * MINUTES,
  }, async () => {
    const again = "imagefleet-worker:again";
    await GenericContainer.fromDockerfile(ROOT, "docker/worker.Dockerfile")
      .withBuildkit()
      .withBuildArgs(BUILD_ARGS)
      .withCache(false)
      .build(again, { deleteOnExit: false });
    const { dockerode } = (await getContainerRuntimeClient()).container;
    const [first, second] = [await filesOf(image), await filesOf(again)];
    await dockerode.getImage(again).remove({ force: true });
    expect(first.length).toBeGreaterThan(5000);
    // The difference is short, unlike the lists.
    const known = new Set(first);
    expect(second.filter((line) => !known.has(line))).toEqual([]);
    expect(second.length).toBe(first.length);
  });
});
