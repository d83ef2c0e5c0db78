import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const CONFIG = join(ROOT, ".dependency-cruiser.cjs");

/** For each rule a file that breaks it: its path, and what it imports. */
const BREAKERS: Record<string, readonly [from: string, imports: string]> = {
  "no-cycles": ["packages/core/src/plan/a.ts", "./b.ts"],
  "core-imports-no-program": ["packages/core/src/store/a.ts", "../../../lambda/src/a.ts"],
  "fixtures-are-for-tests": ["packages/core/src/queue/a.ts", "./b.fixture.ts"],
  "pure-modules-do-no-io": ["packages/core/src/recipe/a.ts", "node:fs"],
  "pure-modules-import-pure-modules": ["packages/core/src/intake/a.ts", "../store/b.ts"],
  "the-simulation-is-pure": ["packages/simulation/src/a.ts", "node:fs"],
  "only-image-imports-sharp": ["packages/core/src/telemetry/a.ts", "sharp"],
  "image-imports-no-store": ["packages/core/src/image/a.ts", "../store/b.ts"],
  "store-and-queue-import-no-image": ["packages/core/src/queue/a.ts", "../image/b.ts"],
  "lambda-and-worker-import-core-alone": ["packages/worker/src/b.ts", "../../local/src/a.ts"],
  "lambda-and-worker-do-not-import-each-other": [
    "packages/worker/src/b.ts",
    "../../lambda/src/a.ts",
  ],
  "local-does-not-import-the-cli": ["packages/local/src/b.ts", "../../cli/src/a.ts"],
  "the-console-imports-core-alone": ["packages/console/src/a.ts", "../../cli/src/a.ts"],
  "the-page-imports-types-of-the-server-alone": ["packages/console/page/a.ts", "node:fs"],
  "permissions-are-recorded-on-the-wire": [
    "test/permissions/b.ts",
    "../../packages/local/src/a.ts",
  ],
  "infra-imports-no-program": ["infra/b.ts", "../packages/local/src/a.ts"],
  "nothing-outside-test-imports-test": ["infra/b.ts", "../test/a.ts"],
  "commands-do-not-import-each-other": ["packages/cli/src/commands/dlq/b.ts", "../status/a.ts"],
  "commands-are-imported-by-the-program-alone": [
    "packages/cli/src/connection/b.ts",
    "../commands/status/a.ts",
  ],
  "nothing-imports-infra": ["packages/cli/src/b.ts", "../../../infra/a.ts"],
  "chaos-checks-independently": ["test/chaos/b.ts", "../../packages/core/src/store/b.ts"],
  "only-local-imports-its-servers": ["packages/cli/src/b.ts", "fauxqs"],
  "nothing-deployed-imports-a-dev-dependency": ["packages/cli/src/b.ts", "a-dev-dependency"],
  "no-unresolvable": ["packages/cli/src/b.ts", "./nowhere.ts"],
};

/** What the breakers import. */
const THERE = [
  "packages/core/src/queue/b.fixture.ts",
  "packages/core/src/store/b.ts",
  "packages/core/src/image/b.ts",
  "packages/lambda/src/a.ts",
  "packages/local/src/a.ts",
  "packages/cli/src/a.ts",
  "packages/cli/src/commands/status/a.ts",
  "infra/a.ts",
  "test/a.ts",
  "test/chaos/a.ts",
];
const INSTALLED = ["sharp", "fauxqs", "a-dev-dependency"];

let folder: string;

function put(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imagefleet-import-rules-"));
  for (const path of THERE) put(path, "export const there = 1;\n");
  for (const name of INSTALLED) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    put(`node_modules/${name}/index.js`, "");
  }
  const [dependencies, devDependencies] = [
    { sharp: "1", fauxqs: "1" },
    { "a-dev-dependency": "1" },
  ];
  put("package.json", JSON.stringify({ dependencies, devDependencies }));
  put("tsconfig.json", "{}");
});
afterEach(() => rmSync(folder, { recursive: true }));

function brokenRules(): string[] {
  const { stdout } = spawnSync(
    "depcruise",
    ["--config", CONFIG, "--output-type", "json", "packages", "infra", "test"],
    { cwd: folder, encoding: "utf8" },
  );
  const { summary }: { summary: { violations: { rule: { name: string } }[] } } = JSON.parse(stdout);
  return summary.violations.map(({ rule }) => rule.name);
}

it("has a breaker for every rule, and a rule for every breaker", () => {
  const { forbidden }: { forbidden: { name: string }[] } = createRequire(CONFIG)(CONFIG);
  expect(forbidden.map(({ name }) => name)).toEqual(Object.keys(BREAKERS));
});

it("finds nothing where no rule is broken", () => {
  expect(brokenRules()).toEqual([]);
});

it.each(Object.entries(BREAKERS))("%s", (rule, [from, imports]) => {
  put(from, `import "${imports}";\n`);
  if (rule === "no-cycles") put(join(dirname(from), imports), 'import "./a.ts";\n');
  expect(brokenRules()).toContain(rule);
});
