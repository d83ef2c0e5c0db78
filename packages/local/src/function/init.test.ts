import { expect, onTestFinished, test } from "vitest";
import { startFunction } from "./index.ts";

test("an import that never ends is a timeout", { timeout: 30_000 }, async () => {
  const exits: string[] = [];
  const fn = startFunction({
    name: "never-ready",
    handler: new URL("./fixtures/never-imported.ts", import.meta.url),
    exportName: "handler",
    memoryBytes: 256 * 1024 * 1024,
    timeoutMs: 300,
    environment: {},
    maximumConcurrency: 1,
    onLog: () => {},
    onExit: ({ why }) => exits.push(why),
  });
  onTestFinished(() => fn.stop());
  const result = await fn.invoke({});
  expect(result.kind).toBe("timedOut");
  // Lambda's ten seconds for an import and the function's timeout.
  expect(result.ms).toBeGreaterThanOrEqual(10_300);
  expect(exits).toEqual(["timeout"]);
});
