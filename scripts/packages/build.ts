// npm run build:packages -- FOLDER: builds the packages that are published, each in a folder of its
// own: JavaScript as TypeScript emits it, declarations, README, license and a package.json.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { bundle } from "../../packages/console/src/assets.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Within the workspace, whose packages the compiler finds from there; of this process alone. */
const EMITTED = mkdtempSync(join(ROOT, "node_modules", ".imagefleet-packages-"));
process.on("exit", () => rmSync(EMITTED, { recursive: true, force: true }));

interface Manifest {
  readonly version: string;
  readonly description?: string;
  readonly sideEffects?: boolean;
  readonly engines: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: object;
  readonly peerDependenciesMeta?: object;
}

/** A published package, and the workspace packages whose code it contains. */
const PACKAGES = [
  { name: "@imagefleet/client", main: "client", contains: ["client", "core"] },
  { name: "@imagefleet/core", main: "core", contains: ["core"] },
  {
    name: "imagefleet",
    main: "cli",
    contains: [
      "cli",
      "client",
      "console",
      "core",
      "edge",
      "lambda",
      "local",
      "simulation",
      "worker",
    ],
  },
] as const;

/** The entries of core that only other packages of this workspace import: they are not published. */
const INTERNAL = [
  "./env",
  "./intake/fixtures",
  "./prices",
  "./process",
  "./program",
  "./recipe-definition",
  "./recipe-types",
];
const REPOSITORY = "https://github.com/imagefleet/imagefleet";

/** An older Node fails at the first function that it does not have; this one says why. */
const ENTRY = `#!/usr/bin/env node
const [major] = process.versions.node.split(".");
if (Number(major) < 24) {
  console.error(\`error: imagefleet needs Node 24 or newer, and this is \${process.versions.node}: https://nodejs.org\`);
  process.exit(1);
}
await import("./cli/src/main.js");
`;

const folder = process.argv[2];
if (folder === undefined) throw new Error("name the folder to write the packages to");
emit();
for (const { name, main, contains } of PACKAGES) {
  const out = join(resolve(folder), name);
  rmSync(out, { recursive: true, force: true });
  const files = reachable(main, contains);
  for (const file of files) copy(file, out);
  if (main === "cli") {
    cpSync(join(EMITTED, "recipe.js"), join(out, "dist/recipe.js"));
    rewrite(join(out, "dist/recipe.js"), "recipe.js");
    const page = join(out, "dist/console/page");
    mkdirSync(page, { recursive: true });
    const { script, style } = await bundle();
    writeFileSync(join(page, "main.js"), script);
    writeFileSync(join(page, "main.css"), style);
    writeFileSync(join(out, "dist/imagefleet.js"), ENTRY);
    chmodSync(join(out, "dist/imagefleet.js"), 0o755);
    // From which `imagefleet --version` reads.
    const { version } = manifest("cli");
    writeFileSync(join(out, "dist/cli/package.json"), JSON.stringify({ type: "module", version }));
  }
  for (const text of ["README.md", "LICENSE"]) {
    const own = join(ROOT, "packages", main, text);
    cpSync(existsSync(own) ? own : join(ROOT, text), join(out, text));
  }
  writeFileSync(
    join(out, "package.json"),
    `${JSON.stringify(manifestOf(name, main, contains), null, 2)}\n`,
  );
  process.stdout.write(`${relative(process.cwd(), out)}: ${files.length} modules\n`);
}

/** Compiles all sources of the workspace once. */
function emit(): void {
  const config = join(EMITTED, "tsconfig.json");
  const options = {
    extends: relative(EMITTED, join(ROOT, "tsconfig.json")),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: relative(EMITTED, ROOT),
      outDir: ".",
      typeRoots: [relative(EMITTED, join(ROOT, "node_modules/@types"))],
    },
    include: [
      relative(EMITTED, join(ROOT, "packages/*/src")),
      relative(EMITTED, join(ROOT, "recipe.ts")),
    ],
    exclude: ["**/*.test.ts", "**/*.fixture.ts", "**/fixtures/**"].map((glob) =>
      posix.join(relative(EMITTED, ROOT), glob),
    ),
  };
  writeFileSync(config, JSON.stringify(options));
  const { status, stdout } = spawnSync("tsc", ["-p", config], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`the packages do not compile:\n${stdout}`);
}

/** The modules of a package, from `packages/`: all of its own, and what they import of the others. */
function reachable(main: string, contains: readonly string[]): string[] {
  const entries =
    main === "client"
      ? Object.values(manifest(main).exports ?? {}).map((file) => targetOf(file, `${main}/x`) ?? "")
      : contains.flatMap((name) =>
          globSync(`${name}/src/**/*.js`, { cwd: join(EMITTED, "packages") }),
        );
  const found = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const kind of [".js", ".d.ts"]) {
      const text = readFileSync(join(EMITTED, "packages", file.replace(/\.js$/, kind)), "utf8");
      for (const [, specifier = ""] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
        const target = targetOf(specifier, file);
        // An example in a comment imports what is not there.
        if (target === undefined || target.startsWith("../")) continue;
        if (existsSync(join(EMITTED, "packages", target))) queue.push(target);
      }
    }
  }
  return [...found];
}

/** The module of the workspace that a specifier names, from `packages/`; undefined for a dependency. */
function targetOf(specifier: string, from: string): string | undefined {
  if (specifier === "@imagefleet/workspace/recipe") return "../recipe.js";
  const [, name = "", path = ""] = /^@imagefleet\/(\w+)(?:\/(.*))?$/.exec(specifier) ?? [];
  if (name !== "") {
    const { exports = {} } = manifest(name);
    const exact = exports[path === "" ? "." : `./${path}`];
    const target = exact ?? exports["./*"]?.replace("*", path);
    if (target === undefined) throw new Error(`${from}: ${name} does not export ${path}`);
    return posix.join(name, target.replace(/\.ts$/, ".js"));
  }
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(from), specifier.replace(/\.ts$/, ".js"));
}

function copy(file: string, out: string): void {
  for (const path of [file, file.replace(/\.js$/, ".d.ts")]) {
    const to = join(out, "dist", path);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(EMITTED, "packages", path), to);
    rewrite(to, path);
  }
}

/**
 * Names the package's own modules by relative paths: imports of workspace packages, and the modules that
 * are started as processes or threads (`new URL("main.ts", import.meta.url)`).
 */
function rewrite(file: string, path: string): void {
  const text = readFileSync(file, "utf8");
  const own = text.replaceAll(
    /"(@imagefleet\/[\w/-]+|\.{0,2}\/?[\w./-]+\.ts)"/g,
    (whole, specifier) => {
      const isModule = specifier.startsWith("@") || isEmitted(specifier, path);
      if (!isModule) return whole;
      const target = targetOf(specifier.startsWith("@") ? specifier : `./${specifier}`, path);
      const to = posix.relative(
        posix.dirname(path),
        target === "../recipe.js" ? "recipe.js" : (target ?? ""),
      );
      return JSON.stringify(to.startsWith(".") ? to : `./${to}`);
    },
  );
  // The thread's file beside its module, in the function's bundle, has another extension.
  writeFileSync(file, own.replace(/import\.meta\.url\.endsWith\("\.ts"\)/, "true"));
}

function isEmitted(specifier: string, from: string): boolean {
  const path = posix.join(posix.dirname(from), specifier.replace(/\.ts$/, ".js"));
  return existsSync(join(EMITTED, "packages", path));
}

function manifest(name: string): Manifest {
  const read: Manifest = JSON.parse(
    readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"),
  );
  return read;
}

function manifestOf(name: string, main: string, contains: readonly string[]): object {
  const own = manifest(main);
  const { exports = {} } = own;
  const entries = Object.entries(exports).filter(([path]) => !INTERNAL.includes(path));
  const dist = (path: string) => `./dist/${posix.join(main, path.replace(/\.ts$/, ".js"))}`;
  const exported = entries.map(([path, source]) => {
    const file = dist(source);
    return [path, { types: file.replace(/\.js$/, ".d.ts"), default: file }];
  });
  // The client needs no SDK and no codec, whatever the core that it contains a part of does.
  const owners = main === "client" ? ["client"] : contains;
  const dependencies = owners.flatMap((owner) =>
    Object.keys(manifest(owner).dependencies)
      .filter((each) => !each.startsWith("@imagefleet/") && !each.startsWith("@types/"))
      .map((each) => [each, installed(owner, each)] as const),
  );
  if (main === "client")
    dependencies.push(["fastest-levenshtein", installed("core", "fastest-levenshtein")]);
  return {
    name,
    version: own.version,
    description: own.description,
    license: "MIT",
    homepage: `${REPOSITORY}#readme`,
    repository: { type: "git", url: `git+${REPOSITORY}.git`, directory: `packages/${main}` },
    type: "module",
    sideEffects: own.sideEffects,
    engines: own.engines,
    ...(main === "cli"
      ? { bin: { imagefleet: "./dist/imagefleet.js" } }
      : { exports: { ...Object.fromEntries(exported), "./package.json": "./package.json" } }),
    files: ["dist"],
    dependencies: Object.fromEntries(dependencies.toSorted()),
    peerDependencies: own.peerDependencies,
    peerDependenciesMeta: own.peerDependenciesMeta,
  };
}

/** The version that this repository is tested with. */
function installed(owner: string, name: string): string {
  const file = join(ROOT, "packages", owner, "node_modules", name, "package.json");
  const { version }: { version: string } = JSON.parse(readFileSync(file, "utf8"));
  return version;
}
