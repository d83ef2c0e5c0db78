// The checks that need no test run: format and lint, types, import rules, unused code, words.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

export type Check = readonly [name: string, command: string, args: readonly string[]];

export const CHECKS: readonly Check[] = [
  // The types of infra/ and of its graph are checked against them. The first run downloads them.
  ["SST's components", "node", ["scripts/sst/prepare.ts"]],
  ["format and lint", "biome", ["ci", "--colors=off", "--error-on-warnings", "."]],
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["types of infra", "tsc", ["-p", "infra/tsconfig.json"]],
  ["types of the console's page", "tsc", ["-p", "packages/console/tsconfig.json"]],
  [
    "import rules",
    "depcruise",
    [
      "--config",
      ".dependency-cruiser.cjs",
      ...["recipe.ts", "sst.config.ts", "infra", "packages", "bench", "test"],
    ],
  ],
  ["unused code and dependencies", "knip", []],
];

/** Runs the checks one after another, prints a line for each, and returns the output of those that failed. */
export function runChecks(checks: readonly Check[]): string[] {
  return checks.flatMap(([name, command, args]) => {
    const startedAt = performance.now();
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${status === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
    return status === 0 ? [] : [`✗ ${name}\n${stdout}${stderr}`];
  });
}
