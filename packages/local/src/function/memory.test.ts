import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { peakMemory, READS_OTHERS_MEMORY } from "./memory.ts";

test.runIf(READS_OTHERS_MEMORY)("a peak is seen after it is over", async () => {
  const program = `
    Buffer.alloc(300_000_000, 1); gc();
    process.stdout.write(String(process.memoryUsage.rss()));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--expose-gc", "-e", program]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [rss] = await once(child.stdout, "data");
  expect(Number(rss)).toBeLessThan(300_000_000);
  expect(peakMemory(child.pid ?? 0)).toBeGreaterThan(300_000_000);
  child.kill("SIGKILL");
  await once(child, "close");
  expect(peakMemory(child.pid ?? 0)).toBeUndefined();
});
