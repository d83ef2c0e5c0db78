// The checks that need no test run: format and lint, types, import rules, unused code, words.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

export type Check = readonly [name: string, command: string, args: readonly string[]];

/** The checks of one list run one after another. */
export type Checks = readonly (readonly Check[])[];

export const CHECKS: Checks = [
  [
    // infra/ imports them. The first run downloads them, which takes as long as most other checks together.
    ["SST's components", "node", ["scripts/sst/prepare.ts"]],
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
  ],
  [
    ["format and lint", "biome", ["ci", "--colors=off", "--error-on-warnings", "."]],
    ["types", "tsc", ["-p", "tsconfig.json"]],
    ["unused code and dependencies", "knip", []],
  ],
];

/** Runs the lists at the same time, prints a line for each check, and returns the output of those that failed. */
export async function runChecks(lists: Checks): Promise<string[]> {
  const outputs = lists.map(async (checks) => {
    const failed: string[] = [];
    for (const check of checks) failed.push(...(await runCheck(check)));
    return failed;
  });
  return (await Promise.all(outputs)).flat();
}

async function runCheck([name, command, args]: Check): Promise<string[]> {
  const startedAt = performance.now();
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const status: unknown = await once(child, "close").then(
    ([code]) => code,
    (error: unknown) => {
      output += String(error);
    },
  );
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
  return status === 0 ? [] : [`✗ ${name}\n${output}`];
}
