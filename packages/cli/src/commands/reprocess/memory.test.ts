import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Queue } from "@imagefleet/core/queue";
import { startSandbox } from "@imagefleet/local/sandbox";
import { expect, it, onTestFinished } from "vitest";
import { run } from "../../fixtures/cli.ts";

const MIB = 1024 * 1024;
const BAR_BYTES = 200 * MIB;
const KEYS = 30_000;

/** Prints the peak. A limit of the kernel would change the result: V8 sees it and uses less memory. */
const PRINT_PEAK = `
  import { readFileSync } from "node:fs";
  process.on("exit", () => process.stderr.write("\\n" + readFileSync("/proc/self/status", "latin1")));
`;

it.runIf(process.platform === "linux")(
  "enqueues tens of thousands of keys within 200 MiB, without a limit on its memory",
  async (test) => {
    const sandbox = await startSandbox();
    onTestFinished(async () => {
      await sandbox.close();
    });
    const recipe = join(sandbox.folder, "recipe.mjs");
    await writeFile(recipe, 'export default { presets: { thumb: "16x16" } };');
    const file = join(sandbox.folder, "keys.txt");
    const keys = Array.from({ length: KEYS }, (_, n) => `customers/2026/11/IMG_${n}.jpg\n`);
    await writeFile(file, keys.join(""));
    const queue = new Queue(sandbox.sqs, sandbox.resources.lanes.small.url);
    const before = (await queue.counts()).waiting;
    const where = ["--endpoint", sandbox.endpoint, "--data", sandbox.folder, "--recipe", recipe];
    const args = ["reprocess", "--from", file, "--yes", "--max-depth", "0", ...where];
    const { code, stderr } = await run(args, {
      cwd: sandbox.folder,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(PRINT_PEAK)}` },
    });
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(stderr)?.[1]) * 1024;
    const report = `peak ${Math.round(peak / MIB)} MiB for ${KEYS} keys`;
    await test.annotate(report);
    process.stdout.write(`${report}\n`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(peak).toBeLessThanOrEqual(BAR_BYTES);
    expect((await queue.counts()).waiting - before).toBe(KEYS);
  },
  180_000,
);
