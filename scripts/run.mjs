// The entry script of `npm start`, `npm test` and all other scripts: plain JavaScript for Node 20 and
// newer. It installs what is missing, and then runs the program on Node 24. Nothing that it downloads
// runs before its hash has been compared with a lockfile: npm does that for Node 24 and pnpm
// (scripts/tools), and pnpm for the rest.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, "scripts", "tools");
const compiled = join(root, "node_modules", ".imagefleet-compiled");
const MINIMUM_NODE = 24;
/** Commands with --stage use packages that only deployments install. */
const isStage = (word) => /^--stage(=|$)/.test(word);
/** So does reading the logs of a deployed fleet. */
const needsAll = (word) => isStage(word) || word === "--logs";
const programs = {
  start: ["packages/cli/src/main.ts", "start"],
  imagefleet: ["packages/cli/src/main.ts"],
  bench: ["bench/main.ts"],
  fuzz: ["test/fuzz/main.ts"],
  model: ["test/model/main.ts"],
  histories: ["test/simulation/main.ts"],
  mutations: ["test/model/mutations/main.ts"],
  chaos: ["test/chaos/main.ts"],
  check: ["scripts/check.ts"],
  "test:unit": ["scripts/test.ts", "--unit"],
  test: ["scripts/test.ts"],
  "build:sst": ["scripts/pack/main.ts"],
  "build:packages": ["scripts/packages/build.ts"],
  change: ["node_modules/@changesets/cli/bin.js"],
  docs: ["node_modules/vitepress/bin/vitepress.js", "dev", join(root, "docs")],
  sst: ["node_modules/sst/bin/sst.mjs"],
};

const [name = "", ...rest] = process.argv.slice(2);
const program = programs[name];
if (program === undefined) {
  fail(`there is no script "${name}". The scripts are: ${Object.keys(programs).join(", ")}`);
}
checkStage();
install(name === "start" || (name === "imagefleet" && !rest.some(needsAll)));
runProgram([...program, ...rest]);

/**
 * Refuses a stage's name that SST does not accept, before anything is installed for it.
 * https://github.com/anomalyco/sst/blob/dev/pkg/project/project.go (InvalidStageRegex)
 */
function checkStage() {
  const at = rest.findIndex(isStage);
  if (at < 0) return;
  const [, stage = rest[at + 1] ?? ""] = /^--stage=(.*)$/s.exec(rest[at]) ?? [];
  if (/^[a-zA-Z0-9-]+$/.test(stage)) return;
  fail(
    `--stage ${JSON.stringify(stage)} is not the name of a stage: write letters, digits and hyphens only, such as --stage production`,
    2,
  );
}

/**
 * Installs once, and again after a change of the lockfile or of a package.json. The packages of tests
 * and deployments, which are most of the size, are installed when one of these is first run.
 */
function install(justToRun) {
  const stamp = join(root, "node_modules", ".imagefleet-installed");
  const state = fingerprint();
  const [installed, extent] = existsSync(stamp) ? readFileSync(stamp, "utf8").split(" ") : [];
  // After `pnpm install` by hand everything is there, and the first start must not remove a part of it.
  const all = !justToRun || extent === "all" || existsSync(join(root, "node_modules", "sst"));
  if (installed === state && (extent === "all" || !all) && existsSync(node())) return;

  console.error("imagefleet: installing what is missing (once, about half a minute) …");
  installTools();
  const pnpm = join(tools, "node_modules", "pnpm", "bin", "pnpm.mjs");
  const extentOption = all ? [] : ["--prod"];
  // pnpm asks before it replaces a partial installation, and here nobody can answer.
  const options = ["--config.confirmModulesPurge=false", "--reporter=append-only"];
  const command = ["install", "--frozen-lockfile", ...extentOption, ...options];
  run(node(), [pnpm, ...command, "--loglevel=warn"], { cwd: root });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, `${state} ${all ? "all" : "to-run"}`);
}

/** Installs Node 24 and pnpm, only after a change of their lockfile: another start may be using them. */
function installTools() {
  const stamp = join(tools, "node_modules", ".imagefleet-installed");
  const lock = readFileSync(join(tools, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["ci", "--include=optional", ...quietly], {
    cwd: tools,
    shell: process.platform === "win32",
  });
  // npm continues without an optional dependency whose hash is wrong.
  if (!existsSync(node())) {
    fail(
      `npm did not install Node ${MINIMUM_NODE}: the download failed, or its hash is not that of the lockfile.`,
    );
  }
  writeFileSync(stamp, lock);
}

/** All output goes to stderr: stdout is the program's. */
function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { ...options, stdio: ["ignore", 2, 2] });
  if (error) fail(`${command} could not be started (${error.message}). Add it to the PATH.`);
  if (status !== 0) {
    fail(
      "the installation failed, see above. Check that the npm registry is reachable, and try again.",
    );
  }
}

function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const packages = readdirSync(join(root, "packages")).map((each) => `packages/${each}`);
  const manifests = [".", "bench", "infra", "test", ...packages].map((folder) =>
    join(folder, "package.json"),
  );
  const locks = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "scripts/tools/package-lock.json"];
  for (const file of [...locks, ...manifests]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** The Node 24 from the registry; on a platform that the registry lacks, the Node that runs this script. */
function node() {
  const { platform, arch, versions } = process;
  const name = `node-${platform === "win32" ? "win" : platform}-${arch}`;
  const { optionalDependencies } = JSON.parse(readFileSync(join(tools, "package.json"), "utf8"));
  if (name in optionalDependencies) {
    return join(tools, "node_modules", name, "bin", platform === "win32" ? "node.exe" : "node");
  }
  if (Number.parseInt(versions.node, 10) >= MINIMUM_NODE) return process.execPath;
  fail(
    `Node ${MINIMUM_NODE} is required, and this is ${versions.node}. The npm registry has no Node for ${platform} on ${arch}: install it from https://nodejs.org`,
  );
}

function runProgram(args) {
  const bins = ["scripts/tools", ".", "packages/cli"].map((each) =>
    join(root, each, "node_modules", ".bin"),
  );
  const child = spawn(
    node(),
    args.map((arg, index) => (index === 0 ? join(root, arg) : arg)),
    {
      // Paths on the command line are relative to the folder in which npm was called.
      cwd: process.env.INIT_CWD ?? process.cwd(),
      stdio: "inherit",
      // Hints repeat the way in which the program was called, by IMAGEFLEET_ENTRY.
      env: {
        ...process.env,
        PATH: [...bins, process.env.PATH ?? ""].join(delimiter),
        IMAGEFLEET_ENTRY: name,
        // Every process after the first starts in less than half of the time: its modules are compiled.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiled,
      },
    },
  );
  // The terminal sends Ctrl-C to the child too: this process only waits for its end.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

function fail(text, code = 1) {
  console.error(`imagefleet: ${text}`);
  process.exit(code);
}
