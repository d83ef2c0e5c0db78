import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const contract = "packages/*/contract/**/*.contract.test.ts";

export default defineConfig({
  test: {
    // One more than there are processors: most of these wait for processes and queues.
    maxWorkers: availableParallelism() + 1,
    // Real processes, codecs and queues: what hangs must say so, what is slow may be.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "imagefleet",
          include: [
            "packages/*/src/**/*.test.ts",
            contract,
            "bench/**/*.test.ts",
            "scripts/*.test.ts",
            "infra/**/*.test.ts",
          ],
        },
      },
      // The same promises asked of a server of other hands, in a container.
      {
        extends: true,
        test: {
          name: "moto",
          include: [contract],
          exclude: ["**/known-gaps.contract.test.ts"],
          globalSetup: "packages/local/contract/moto.setup.ts",
        },
      },
      // The worker's real image and the function's real artefact, as they are deployed.
      {
        extends: true,
        test: {
          name: "container",
          include: ["packages/*/container/**/*.container.test.ts"],
          globalSetup: [
            "packages/local/container/worker-image.setup.ts",
            "packages/local/contract/moto.setup.ts",
            "infra/graph/smoke/artefact.setup.ts",
          ],
          // Gigabytes in each file, which wait for the network and the kernel: two at a time, and after
          // all others.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
