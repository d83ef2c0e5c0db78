import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ESM_BANNER, esbuildOf } from "../../infra/esbuild.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Of this repository's own app. */
const NOT_COMPONENT = ["env.ts", "settings.ts", "stage-settings.ts"];

/** What the worker's image is built from, as .dockerignore has it. */
const CONTEXT = [
  ".dockerignore",
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "recipe.ts",
  "docker/worker.Dockerfile",
  "scripts/tools/package.json",
  "scripts/tools/package-lock.json",
  "packages/core/package.json",
  "packages/core/src",
  "packages/worker/package.json",
  "packages/worker/src",
];

const HANDLERS = [
  "packages/lambda/src/consume/handler.ts",
  "packages/lambda/src/deliver/handler.ts",
  "packages/lambda/src/invalidate/handler.ts",
];
const EDGE = "packages/edge/src/index.ts";
const DECODER = "packages/core/src/image/decode/transcode-thread.ts";
const WORKER = "packages/worker/src/main.ts";

/**
 * Writes the package `@imagefleet/sst`: the component's source, which SST bundles with an app's own
 * configuration, the function's program and the folder that the worker's image is built from.
 *
 * @param folder where it is made, in place of what is there
 */
export async function pack(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "infra"), { recursive: true });
  for (const file of readdirSync(join(ROOT, "infra"))) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts") || NOT_COMPONENT.includes(file))
      continue;
    cpSync(join(ROOT, "infra", file), join(folder, "infra", file));
  }
  for (const path of CONTEXT) {
    cpSync(join(ROOT, path), join(folder, "fleet", path), {
      recursive: true,
      filter: (from) => !/\.test\.ts$|\.fixture\.|[\\/](fixtures|fuzz)$/.test(from),
    });
  }
  await build(folder);
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
}

/** Bundles the programs, so that nothing of them is to be found among an app's packages but sharp. */
async function build(folder: string): Promise<void> {
  const esbuild = esbuildOf(join(ROOT, ".sst/platform"));
  const options = {
    absWorkingDir: ROOT,
    outdir: join(folder, "fleet", "built"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: ["sharp"],
    logLevel: "error",
  };
  // These are bundled once more as they are deployed, and get what CommonJS asks for there: named
  // twice it would be no program.
  await esbuild.build({
    ...options,
    entryPoints: Object.fromEntries([...HANDLERS, DECODER].map((file) => [named(file), file])),
    // What is imported when it is needed stays a file of its own.
    splitting: true,
  });
  // It is bundled once more with the recipe, as CommonJS.
  await esbuild.build({ ...options, entryPoints: { [named(EDGE)]: EDGE } });
  // These are run by `sst dev` as they are. The decoder's thread lies beside whoever starts it.
  await esbuild.build({
    ...options,
    entryPoints: {
      [named(WORKER)]: WORKER,
      [join(dirname(named(WORKER)), basename(named(DECODER)))]: DECODER,
    },
    banner: { js: ESM_BANNER },
  });
}

/** As infra/programs.ts looks for it. */
function named(source: string): string {
  return source.replace(/\.ts$/, "");
}

function manifest(): object {
  const { version, license } = read("package.json");
  return {
    name: "@imagefleet/sst",
    version,
    description: "A production image pipeline on AWS, as a component of SST",
    license,
    type: "module",
    exports: {
      ".": "./infra/imagefleet.ts",
      "./recipe": "./fleet/packages/core/src/recipe/index.ts",
      "./package.json": "./package.json",
    },
    dependencies: Object.fromEntries(
      ["fastest-levenshtein", "sharp", "valibot"].map((name) => [name, locked(name)]),
    ),
    peerDependencies: { sst: read("package.json").devDependencies["sst"] },
  };
}

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function read(file: string): Manifest {
  const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, file), "utf8"));
  return manifest;
}

/** The version that this repository is tested with. */
function locked(name: string): string {
  const lock = readFileSync(join(ROOT, "pnpm-lock.yaml"), "utf8");
  const version = new RegExp(`^  ${name}@([\\d.]+):$`, "m").exec(lock)?.[1];
  if (version === undefined) throw new Error(`${name} is not in pnpm-lock.yaml`);
  return version;
}
