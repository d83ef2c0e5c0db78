// `npm test`: the checks, the docs site and all tests. The last line is "N passed, N failed".
// With paths, as in `npm test -- plan`, it runs the tests of these files alone; with --unit, those that
// start no server, process or container.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CHECKS, type Check, ROOT, runChecks } from "./checks.ts";

const REPORT = join(ROOT, "node_modules", ".imagefleet-tests.json");
/** VitePress fails on a dead link. */
const SITE: Check = ["docs site", "vitepress", ["build", "docs"]];

const args = process.argv.slice(2);
const isUnit = args.includes("--unit");
const only = args.filter((arg) => arg !== "--unit");
const config = isUnit ? ["--config", "scripts/unit.config.ts"] : [];

const checks = only.length === 0 && !isUnit ? [...CHECKS, [SITE]] : [];
const failedChecks = await runChecks(checks);

rmSync(REPORT, { force: true });
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
const { status } = spawnSync("vitest", ["run", ...reporters, ...config, ...only], {
  cwd: ROOT,
  stdio: "inherit",
});
const counts = readCounts();
const passed = checks.flat().length - failedChecks.length + counts.passed;
let failed = failedChecks.length + counts.failed;
if (status !== 0 && counts.failed === 0) failed += 1;
for (const output of failedChecks) console.log(output);
if (counts.skipped > 0) {
  console.log(`${counts.skipped} skipped: the lines above name what this machine lacks`);
  // A skipped test cannot fail, and in CI nobody notices it.
  if (process.env["CI"] === "true") {
    failed += 1;
    console.log("✗ CI must not skip a test: .ci/run installs what tests need");
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function readCounts(): { passed: number; failed: number; skipped: number } {
  try {
    const json: { numPassedTests: number; numFailedTests: number; numPendingTests: number } =
      JSON.parse(readFileSync(REPORT, "utf8"));
    return {
      passed: json.numPassedTests,
      failed: json.numFailedTests,
      skipped: json.numPendingTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
