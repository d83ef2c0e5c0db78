// The door of `npm start`, `npm test` and the rest: plain JavaScript for any Node from 20 on. It
// installs what is missing, and hands over to Node 24. Nothing that is downloaded runs before its hash
// was compared with a lockfile's: npm does that for Node 24 and pnpm (scripts/tools), pnpm for the rest.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, "scripts", "tools");
const LEAST_NODE = 24;
/** Whoever asks AWS about a stage needs what deployments need. */
const isStage = (word) => /^--stage(=|$)/.test(word);
const programs = {
  start: ["packages/cli/src/main.ts", "start"],
  imagefleet: ["packages/cli/src/main.ts"],
  bench: ["bench/main.ts"],
  fuzz: ["test/fuzz/main.ts"],
  model: ["test/model/main.ts"],
  mutations: ["test/model/mutations/main.ts"],
  chaos: ["test/chaos/main.ts"],
  test: ["scripts/test.ts"],
  sst: ["node_modules/sst/bin/sst.mjs"],
};

const [name = "", ...rest] = process.argv.slice(2);
const program = programs[name];
if (program === undefined) {
  fail(`run.mjs does not know "${name}": one of ${Object.keys(programs).join(", ")}`);
}
checkStage();
install(name === "start" || (name === "imagefleet" && !rest.some(isStage)));
handOver([...program, ...rest]);

/**
 * A name that SST takes for no stage is refused before anything is installed for it.
 * https://github.com/anomalyco/sst/blob/dev/pkg/project/project.go (InvalidStageRegex)
 */
function checkStage() {
  const at = rest.findIndex(isStage);
  if (at < 0) return;
  const [, stage = rest[at + 1] ?? ""] = /^--stage=(.*)$/s.exec(rest[at]) ?? [];
  if (/^[a-zA-Z0-9-]+$/.test(stage)) return;
  fail(
    `--stage ${JSON.stringify(stage)} is no name of a stage: write letters, digits and hyphens alone, such as --stage production`,
    2,
  );
}

/**
 * Installs once, and again when the lockfile or a package.json has changed. What only tests and
 * deployments need, most of it by size, comes when one of them is first run, and then stays.
 */
function install(justToRun) {
  const stamp = join(root, "node_modules", ".imagefleet-installed");
  const state = fingerprint();
  const [installed, extent] = existsSync(stamp) ? readFileSync(stamp, "utf8").split(" ") : [];
  // An install by hand brings everything: it must not lose what deployments need to a first start.
  const all = !justToRun || extent === "all" || existsSync(join(root, "node_modules", "sst"));
  if (installed === state && (extent === "all" || !all) && existsSync(node())) return;

  console.error("imagefleet: installing what is missing (once, about half a minute) …");
  installTools();
  const pnpm = join(tools, "node_modules", "pnpm", "bin", "pnpm.mjs");
  const extentOption = all ? [] : ["--prod"];
  // What a start has installed is replaced by the whole: pnpm asks first, and here nobody answers.
  const options = ["--config.confirmModulesPurge=false", "--reporter=append-only"];
  const command = ["install", "--frozen-lockfile", ...extentOption, ...options];
  run(node(), [pnpm, ...command, "--loglevel=warn"], { cwd: root });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, `${state} ${all ? "all" : "to-run"}`);
}

/** Node 24 and pnpm; only when their lockfile has changed, as another start may be running on them. */
function installTools() {
  const stamp = join(tools, "node_modules", ".imagefleet-installed");
  const lock = readFileSync(join(tools, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["ci", "--include=optional", ...quietly], {
    cwd: tools,
    shell: process.platform === "win32",
  });
  // npm goes on without an optional dependency that it has refused.
  if (!existsSync(node())) {
    fail(
      `npm did not install Node ${LEAST_NODE}: its download failed or is not what the lockfile says.`,
    );
  }
  writeFileSync(stamp, lock);
}

/** Everything is said on stderr: stdout belongs to the program. */
function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { ...options, stdio: ["ignore", 2, 2] });
  if (error) fail(`${command} could not be started (${error.message}): is it on the PATH?`);
  if (status !== 0) {
    fail("the installation failed, see above. Is the npm registry reachable? Then try again.");
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

/** The Node 24 that npm brings for this platform; where the registry has none, the Node at work. */
function node() {
  const { platform, arch, versions } = process;
  const name = `node-${platform === "win32" ? "win" : platform}-${arch}`;
  const { optionalDependencies } = JSON.parse(readFileSync(join(tools, "package.json"), "utf8"));
  if (name in optionalDependencies) {
    return join(tools, "node_modules", name, "bin", platform === "win32" ? "node.exe" : "node");
  }
  if (Number.parseInt(versions.node, 10) >= LEAST_NODE) return process.execPath;
  fail(
    `Node ${LEAST_NODE} is needed, and this is ${versions.node}. The npm registry has none for ${platform} on ${arch}: install it from https://nodejs.org`,
  );
}

function handOver(args) {
  const bins = ["scripts/tools", ".", "packages/cli"].map((each) =>
    join(root, each, "node_modules", ".bin"),
  );
  const child = spawn(
    node(),
    args.map((arg, index) => (index === 0 ? join(root, arg) : arg)),
    {
      // Folders on the command line are meant from where the person stands.
      cwd: process.env.INIT_CWD ?? process.cwd(),
      stdio: "inherit",
      // By the last, hints say how the program was called.
      env: {
        ...process.env,
        PATH: [...bins, process.env.PATH ?? ""].join(delimiter),
        IMAGEFLEET_ENTRY: name,
      },
    },
  );
  // Ctrl-C reaches the child by itself, as part of the terminal's group: here it is only waited for.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

function fail(text, code = 1) {
  console.error(`imagefleet: ${text}`);
  process.exit(code);
}
