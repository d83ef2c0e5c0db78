// Everything that must hold, in one command: format and lint, types, import rules, unused code and
// dependencies, then the tests. Closes with "N passed, N failed".
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const report = join(root, "node_modules", ".imagefleet-tests.json");

const CHECKS = [
  // What the types of infra/ and its graph are checked against: fetched once, half a minute.
  ["SST's components", "node", ["scripts/sst/prepare.ts"]],
  ["format and lint", "biome", ["ci", "--colors=off", "--error-on-warnings", "."]],
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["types of infra", "tsc", ["-p", "infra/tsconfig.json"]],
  [
    "import rules",
    "depcruise",
    [
      "--config",
      ".dependency-cruiser.cjs",
      "recipe.ts",
      "sst.config.ts",
      "infra",
      "packages",
      "bench",
      "test",
    ],
  ],
  ["unused code and dependencies", "knip", []],
] as const;

const only = process.argv.slice(2);
let passed = 0;
let failed = 0;
const failedChecks: string[] = [];

// With files named, as `npm test -- plan`, only their tests run.
if (only.length === 0) {
  for (const [name, command, args] of CHECKS) {
    const startedAt = performance.now();
    const { status, stdout, stderr } = run(command, args, "pipe");
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (status === 0) {
      passed += 1;
      console.log(`✓ ${name} (${seconds} s)`);
    } else {
      failed += 1;
      failedChecks.push(`✗ ${name}\n${stdout}${stderr}`);
      console.log(`✗ ${name} (${seconds} s), see the end`);
    }
  }
}

rmSync(report, { force: true });
const { status } = run(
  "vitest",
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...only],
  "inherit",
);
const counts = readCounts();
passed += counts.passed;
failed += counts.failed;
if (status !== 0 && counts.failed === 0) failed += 1;
for (const check of failedChecks) console.log(check);
if (counts.skipped > 0) {
  console.log(`${counts.skipped} skipped: see above what this machine lacks`);
  // Where nobody reads along, a test that never runs is one that cannot fail.
  if (process.env["CI"] === "true") {
    failed += 1;
    console.log("✗ CI skips nothing: .ci/run installs what tests need");
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function run(command: string, args: readonly string[], stdio: "pipe" | "inherit") {
  return spawnSync(command, args, { cwd: root, encoding: "utf8", stdio });
}

function readCounts(): { passed: number; failed: number; skipped: number } {
  try {
    const json: { numPassedTests: number; numFailedTests: number; numPendingTests: number } =
      JSON.parse(readFileSync(report, "utf8"));
    return {
      passed: json.numPassedTests,
      failed: json.numFailedTests,
      skipped: json.numPendingTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
