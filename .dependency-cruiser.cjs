// The arrows of docs/architecture.md, checked. A rule names what may not be imported, and why.
const CORE = "^packages/core/src";
const PURE = "intake|recipe|plan|outcome|env|gate|prices";

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "Two modules that need each other are one module, or three.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "core-knows-no-program",
      comment: "Programs import the core; the core does not know who runs it.",
      severity: "error",
      from: { path: CORE, pathNot: "\\.(test|fixture)\\.ts$" },
      to: { path: "^(packages/(?!core)|recipe\\.ts|infra|bench|scripts)" },
    },
    {
      name: "fixtures-are-for-tests",
      comment:
        "What a fixture may import, a program may not. The fuzzer and the references are tests.",
      severity: "error",
      from: {
        path: "^(packages|infra)/",
        pathNot: `${CORE}/image/(fuzz|reference)/|\\.(test|fixture)\\.ts$`,
      },
      to: { path: "\\.fixture\\.ts$" },
    },
    {
      name: "pure-rooms-do-no-io",
      comment:
        "intake, recipe, plan, outcome, env, gate and prices are pure: no SDK, no sharp, no network, no files.",
      severity: "error",
      from: { path: `${CORE}/(${PURE})/`, pathNot: "\\.test\\.ts$" },
      to: {
        path: "@aws-sdk/|node_modules/sharp|^(node:)?(fs|http|https|net|child_process|worker_threads)|^pino",
      },
    },
    {
      name: "pure-rooms-import-pure-rooms",
      severity: "error",
      from: { path: `${CORE}/(${PURE})/`, pathNot: "\\.test\\.ts$" },
      to: { path: `${CORE}/(?!(${PURE})/)` },
    },
    {
      name: "sharp-lives-in-image",
      comment:
        "One room knows the codec. Samples, doctor, chaos, fixtures and tests make and look at pictures of their own.",
      severity: "error",
      from: {
        path: "^packages",
        pathNot: `^(${CORE}/image/|packages/(local/src/samples|cli/src/doctor|chaos/src)/)|/fixtures/|\\.(test|fixture)\\.ts$`,
      },
      to: { path: "node_modules/sharp" },
    },
    {
      name: "image-knows-no-store",
      severity: "error",
      from: { path: `${CORE}/image/`, pathNot: "\\.test\\.ts$" },
      to: { path: `${CORE}/(store|queue|aws|reconcile|attempt|telemetry|traces)/|@aws-sdk/` },
    },
    {
      name: "store-and-queue-know-no-images",
      severity: "error",
      from: { path: `${CORE}/(store|queue|aws)/`, pathNot: "\\.test\\.ts$" },
      to: { path: `${CORE}/(image|reconcile|attempt)/` },
    },
    {
      name: "lambda-and-worker-import-core-alone",
      comment: "What is deployed carries nothing of the laptop.",
      severity: "error",
      from: { path: "^packages/(lambda|worker)/src", pathNot: "\\.test\\.ts$" },
      to: { path: "^(packages/(cli|local|console)|infra|bench|scripts)" },
    },
    {
      name: "lambda-and-worker-do-not-meet",
      severity: "error",
      from: { path: "^packages/(lambda|worker)/" },
      to: { path: "^packages/(lambda|worker)/", pathNot: "^packages/$1/" },
    },
    {
      name: "local-does-not-know-the-cli",
      severity: "error",
      from: { path: "^packages/local/" },
      to: { path: "^packages/(cli|console)/" },
    },
    {
      name: "permissions-are-seen-on-the-wire",
      comment: "What a role needs is what the proxy heard, not what a program says of itself.",
      severity: "error",
      from: {
        path: "^packages/local/src/permissions/",
        pathNot: "\\.test\\.ts$|/fixtures/",
      },
      to: { path: "^packages/(?!local/src/(permissions|fault-proxy|resources)/)" },
    },
    {
      name: "infra-knows-no-program",
      comment:
        "Handlers are paths, and what programs read is their environment. The recipe says the rest.",
      severity: "error",
      from: { path: "^(infra/|sst\\.config\\.ts)", pathNot: "\\.(test|setup)\\.ts$" },
      to: { path: "^(packages|bench|scripts)/" },
    },
    {
      name: "what-is-deployed-knows-no-test",
      severity: "error",
      from: { path: "^infra/[^/]+\\.ts$" },
      to: { path: "^infra/graph/" },
    },
    {
      name: "nobody-knows-infra",
      severity: "error",
      from: { path: "^(packages|bench|recipe\\.ts)" },
      to: { path: "^(infra/|sst\\.config\\.ts)" },
    },
    {
      name: "chaos-looks-for-itself",
      comment: "What checks the fleet must not see it with the fleet's own eyes.",
      severity: "error",
      from: { path: "^packages/chaos/src" },
      to: { path: "^packages/(?!chaos/|local/|core/src/(aws|outcome|recipe)/)" },
    },
    {
      name: "nothing-imports-chaos",
      severity: "error",
      from: { path: "^(packages|bench)", pathNot: "^packages/chaos/" },
      to: { path: "^packages/chaos/" },
    },
    {
      name: "only-local-knows-fauxqs",
      comment: "The AWS SDK is the seam: nothing else may know which server answers.",
      severity: "error",
      from: { path: "^(packages|bench)", pathNot: "^packages/local/(src/aws|contract)/" },
      to: { path: "node_modules/fauxqs" },
    },
    {
      name: "nothing-deployed-imports-a-dev-dependency",
      comment: "Optional peers are told of where they are missing: packages/cli/src/check/sdk.ts.",
      severity: "error",
      from: { path: "^packages", pathNot: "\\.test\\.ts$|/contract/|/container/|/fixtures/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only", "npm-peer"] },
    },
    {
      name: "no-unresolvable",
      comment: "aws-lambda is types alone: @types/aws-lambda.",
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
