// The door of `npm start`, `npm test` and the rest: plain JavaScript for any Node from 20 on. It
// installs what is missing (pnpm and Node 24 come from the npm registry, as package.json pins them)
// and hands over to Node 24.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Whoever asks AWS about a stage needs what deployments need. */
const isStage = (word) => /^--stage(=|$)/.test(word);
const programs = {
  start: ["packages/cli/src/main.ts", "start"],
  imagefleet: ["packages/cli/src/main.ts"],
  bench: ["bench/main.ts"],
  fuzz: ["packages/core/src/image/fuzz/main.ts"],
  model: ["packages/core/src/attempt/model/main.ts"],
  mutations: ["packages/core/src/attempt/model/mutations/main.ts"],
  chaos: ["packages/chaos/src/main.ts"],
  test: ["scripts/test.ts"],
};

const [name = "", ...rest] = process.argv.slice(2);
const program = programs[name];
if (program === undefined) {
  fail(`run.mjs does not know "${name}": one of ${Object.keys(programs).join(", ")}`);
}
install(name === "start" || (name === "imagefleet" && !rest.some(isStage)));
handOver([...program, ...rest]);

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

  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.error("imagefleet: installing what is missing (once, about half a minute) …");
  const command = [
    "exec",
    "--yes",
    "--loglevel=error",
    `--package=${packageManager}`,
    "--",
    "pnpm",
    "install",
    "--frozen-lockfile",
    ...(all ? [] : ["--prod"]),
    "--reporter=append-only",
    "--loglevel=warn",
  ];
  // Everything is said on stderr: stdout belongs to the program.
  const { status, error } = spawnSync("npm", command, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (error) fail(`npm could not be started (${error.message}): is it on the PATH?`);
  if (status !== 0) {
    fail("the installation failed, see above. Is the npm registry reachable? Then try again.");
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, `${state} ${all ? "all" : "to-run"}`);
}

function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const packages = readdirSync(join(root, "packages")).map((each) => `packages/${each}`);
  const manifests = [".", "bench", "infra", ...packages].map((folder) =>
    join(folder, "package.json"),
  );
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** The binary that the `node` package brought: the command line's own dependency. */
function node() {
  const folder = join(root, "packages", "cli", "node_modules", "node", "bin");
  return join(folder, process.platform === "win32" ? "node.exe" : "node");
}

function handOver(args) {
  const bins = [".", "packages/cli"].map((each) => join(root, each, "node_modules", ".bin"));
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
        IMAGEFLEET_DOOR: name,
      },
    },
  );
  // Ctrl-C reaches the child by itself, as part of the terminal's group: here it is only waited for.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

function fail(text) {
  console.error(`imagefleet: ${text}`);
  process.exit(1);
}
