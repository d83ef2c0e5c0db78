import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/contract/**/*.test.ts",
      "bench/**/*.test.ts",
      "scripts/*.test.ts",
    ],
    // Real processes, codecs and queues: what hangs must say so, what is slow may be.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
