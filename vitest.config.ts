import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const contract = "test/contract/**/*.contract.test.ts";

/** Graphs of the deployment that several files need, for one run. Nothing changes meanwhile, unless watched. */
const graphs = mkdtempSync(join(tmpdir(), "imagefleet-graphs-"));
process.once("exit", () => rmSync(graphs, { recursive: true, force: true }));

export default defineConfig({
  test: {
    ...(process.argv.includes("run") && { env: { IMAGEFLEET_GRAPHS: graphs } }),
    // One more than there are processors: most of these wait for processes and queues.
    maxWorkers: availableParallelism() + 1,
    // Real processes, codecs and queues: what hangs must say so, what is slow may be.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "imagefleet",
          include: ["packages/*/src/**/*.test.ts", "{bench,infra,scripts,test}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/*.container.test.ts"],
        },
      },
      // The same promises asked of a server of other hands, in a container.
      {
        extends: true,
        test: {
          name: "moto",
          include: [contract],
          exclude: ["**/known-gaps.contract.test.ts"],
          globalSetup: "test/contract/moto.setup.ts",
          // moto handles requests in threads without a lock, and answers by a page what it did not expect.
          retry: { count: 2, condition: /<!doctype/i },
        },
      },
      // The worker's real image and the function's real artifact, as they are deployed.
      {
        extends: true,
        test: {
          name: "container",
          include: ["test/container/**/*.container.test.ts"],
          globalSetup: [
            "test/container/worker-image.setup.ts",
            "test/contract/moto.setup.ts",
            "test/infra/smoke/artifact.setup.ts",
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
