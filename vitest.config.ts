import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const contract = "test/contract/**/*.contract.test.ts";

/**
 * What several files need and one makes, for one run: graphs of the deployment, sample pictures. Nothing
 * changes meanwhile, unless watched.
 */
const shared = mkdtempSync(join(tmpdir(), "imagefleet-shared-"));
process.once("exit", () => rmSync(shared, { recursive: true, force: true }));

/**
 * Files that take long and are small. A new clone has no times of an earlier run, and vitest starts the
 * largest files first: without this list they start last, and run alone.
 */
const LONG = ["test/container/large-lane.container.test.ts", "test/model/model.test.ts"].map(
  (path) => join(import.meta.dirname, path),
);

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONG.includes(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    ...(process.argv.includes("run") && { env: { IMAGEFLEET_SHARED: shared } }),
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
