// The import rules of docs/architecture.md. Each rule names what may not be imported, and why.
const CORE = "^packages/core/src";
const PURE = "intake|recipe|plan|outcome|env|semaphore|prices";

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two modules that import each other should be one module or three.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "core-imports-no-program",
      comment: "Programs import the core. The core does not know who runs it.",
      severity: "error",
      from: { path: CORE, pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: "^(packages/(?!core)|recipe\\.ts|infra|bench|scripts)" },
    },
    {
      name: "fixtures-are-for-tests",
      comment: "Fixtures may import what programs may not.",
      severity: "error",
      from: { path: "^(packages|infra)/", pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: "\\.fixture\\.ts$" },
    },
    {
      name: "pure-modules-do-no-io",
      comment:
        "intake, recipe, plan, outcome, env, semaphore and prices are pure: no SDK, no sharp, no network, no files.",
      severity: "error",
      from: { path: `${CORE}/(${PURE})/`, pathNot: "\\.test\\.ts$" },
      to: {
        path: "@aws-sdk/|node_modules/sharp|^(node:)?(fs|http|https|net|child_process|worker_threads)|^pino",
      },
    },
    {
      name: "pure-modules-import-pure-modules",
      severity: "error",
      from: { path: `${CORE}/(${PURE})/`, pathNot: "\\.test\\.ts$" },
      to: { path: `${CORE}/(?!(${PURE})/)` },
    },
    {
      name: "the-simulation-is-pure",
      comment:
        "A model of AWS that calls nothing: no SDK, no sharp, no clock or file of the machine.",
      severity: "error",
      from: { path: "^packages/simulation/src/", pathNot: "\\.test\\.ts$" },
      to: {
        path: "@aws-sdk/|node_modules/sharp|^(node:)?[a-z_/]+$|^packages/(?!simulation/)",
        pathNot: "node_modules/(pure-rand|tinyqueue|valibot)",
      },
    },
    {
      name: "only-image-imports-sharp",
      comment:
        "One module knows the codec. Samples, doctor, fixtures and tests make and read pictures of their own.",
      severity: "error",
      from: {
        path: "^packages",
        pathNot: `^(${CORE}/image/|packages/(local/src/samples|cli/src/commands/doctor)/)|/fixtures/|\\.(test|fixture)\\.ts$`,
      },
      to: { path: "node_modules/sharp" },
    },
    {
      name: "image-imports-no-store",
      severity: "error",
      from: { path: `${CORE}/image/`, pathNot: "\\.test\\.ts$" },
      to: { path: `${CORE}/(store|queue|aws|reconcile|attempt|telemetry|traces)/|@aws-sdk/` },
    },
    {
      name: "store-and-queue-import-no-image",
      severity: "error",
      from: { path: `${CORE}/(store|queue|aws)/`, pathNot: "\\.test\\.ts$" },
      to: { path: `${CORE}/(image|reconcile|attempt)/` },
    },
    {
      name: "lambda-and-worker-import-core-alone",
      comment: "What is deployed contains nothing that only a laptop needs.",
      severity: "error",
      from: { path: "^packages/(lambda|worker)/src", pathNot: "\\.test\\.ts$" },
      to: { path: "^(packages/(cli|local|console)|infra|bench|scripts|test)" },
    },
    {
      name: "lambda-and-worker-do-not-import-each-other",
      severity: "error",
      from: { path: "^packages/(lambda|worker)/" },
      to: { path: "^packages/(lambda|worker)/", pathNot: "^packages/$1/" },
    },
    {
      name: "local-does-not-import-the-cli",
      severity: "error",
      from: { path: "^packages/local/" },
      to: { path: "^packages/(cli|console)/" },
    },
    {
      name: "the-console-imports-core-alone",
      comment:
        "It runs the command line as processes, and gets what it needs of it from its caller.",
      severity: "error",
      from: { path: "^packages/console/" },
      to: { path: "^packages/(?!console/|core/)|^(infra|bench|scripts|test)/" },
    },
    {
      name: "the-page-imports-types-of-the-server-alone",
      comment: "What runs in the browser has nothing of Node.",
      severity: "error",
      from: { path: "^packages/console/page/" },
      to: {
        path: "^packages/(?!console/page/)|^(node:)?(fs|http|https|net|child_process|path|url)$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "permissions-are-recorded-on-the-wire",
      comment: "What a role needs is what the proxy recorded, not what a program says of itself.",
      severity: "error",
      from: { path: "^test/permissions/", pathNot: "\\.test\\.ts$|/fixtures/" },
      to: {
        path: "^packages/(?!local/src/(fault-proxy|resources)/)|^test/(?!permissions/)",
      },
    },
    {
      name: "infra-imports-no-program",
      comment: "Handlers are paths, and programs read their environment. The recipe says the rest.",
      severity: "error",
      from: { path: "^(infra/|sst\\.config\\.ts)", pathNot: "\\.(test|setup)\\.ts$" },
      to: { path: "^(packages|bench|scripts)/" },
    },
    {
      name: "nothing-outside-test-imports-test",
      comment: "Tests beside their code may use the references and the recorder of test/.",
      severity: "error",
      from: {
        path: "^(packages|infra|bench|scripts|recipe.ts|sst.config.ts)",
        pathNot: ".test.ts$|/fixtures/",
      },
      to: { path: "^test/" },
    },
    {
      name: "commands-do-not-import-each-other",
      comment: "What two commands share lies below them.",
      severity: "error",
      from: { path: "^packages/cli/src/commands/([^/]+)/", pathNot: ".test.ts$" },
      to: { path: "^packages/cli/src/commands/", pathNot: "^packages/cli/src/commands/$1/" },
    },
    {
      name: "commands-are-imported-by-the-program-alone",
      comment: "What a command needs lies below the commands.",
      severity: "error",
      from: {
        path: "^packages/cli/src/",
        pathNot: "^packages/cli/src/(commands/|program.ts)|.test.ts$|/fixtures/",
      },
      to: { path: "^packages/cli/src/commands/" },
    },
    {
      name: "nothing-imports-infra",
      severity: "error",
      from: { path: "^(packages|bench|recipe\\.ts)" },
      to: { path: "^(infra/|sst\\.config\\.ts)" },
    },
    {
      name: "chaos-checks-independently",
      comment: "What checks the fleet must not use the code that it checks.",
      severity: "error",
      from: { path: "^test/chaos" },
      to: { path: "^packages/(?!chaos/|local/|core/src/(aws|outcome|recipe)/)" },
    },
    {
      name: "only-local-imports-its-servers",
      comment:
        "Everything else talks to the servers by the AWS SDK, and does not know which server answers.",
      severity: "error",
      from: { path: "^(packages|bench|test)", pathNot: "^(packages/local/src/aws|test/contract)/" },
      to: { path: "node_modules/(fauxqs|dynalite)" },
    },
    {
      name: "nothing-deployed-imports-a-dev-dependency",
      comment: "packages/cli/src/check/sdk.ts reports optional peers that are missing.",
      severity: "error",
      from: { path: "^packages", pathNot: "\\.(test|fixture)\\.ts$|/fixtures/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only", "npm-peer"] },
    },
    {
      name: "no-unresolvable",
      comment: "aws-lambda has only types: @types/aws-lambda.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^aws-lambda$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
