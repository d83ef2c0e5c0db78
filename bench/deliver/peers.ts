import { type ChildProcess, execFile, spawn } from "node:child_process";
import { hash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";
import { DATA, exists } from "../data.ts";
import { peersEnvironment } from "./env.ts";

/** An application of Next.js whose dependencies are those of the bench, with a lockfile of its own. */
const PEERS = fileURLToPath(new URL("peers/", import.meta.url));

/** How long a server may take until it listens, ms. */
const START_MS = 60_000;

/** A server in a process of its own. */
export interface Server extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly pid: number;
}

/**
 * Installs ipx and Next.js outside of the workspace, once for each state of the lockfile, and builds the
 * application. No install script runs, and npm compares every download with the lockfile's hash.
 *
 * @returns the folder
 * @throws Error when the registry is not reachable
 */
export async function installPeers(say: (text: string) => void): Promise<string> {
  const names = (await readdir(PEERS, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const texts = await Promise.all(names.map((name) => readFile(name, "utf8")));
  const state = hash("sha256", [process.version, ...texts].join("\n")).slice(0, 12);
  const folder = join(DATA, `peers-${state}`);
  const stamp = join(folder, ".installed");
  if (await exists(stamp)) return folder;
  await mkdir(DATA, { recursive: true });
  say("installing ipx and Next.js outside of the workspace (once, about a minute) …");
  // Those of earlier lockfiles have 400 MB each.
  const old = (await readdir(DATA)).filter((name) => name.startsWith("peers-"));
  await Promise.all(old.map((name) => rm(join(DATA, name), { recursive: true, force: true })));
  await cp(PEERS, folder, { recursive: true });
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const run = promisify(execFile);
  const env = peersEnvironment();
  try {
    await run("npm", ["ci", ...quietly], { cwd: folder, env, shell: process.platform === "win32" });
    await run(process.execPath, [nextIn(folder), "build"], { cwd: folder, env });
  } catch (error) {
    const { stderr } = v.parse(v.object({ stderr: v.optional(v.string(), "") }), error);
    throw new Error(
      `ipx and Next.js were not installed: see below; --alone measures without them\n${stderr}`,
      { cause: error },
    );
  }
  await writeFile(stamp, "");
  return folder;
}

/** @returns the installed version of a package */
export async function versionIn(folder: string, name: string): Promise<string> {
  const text = await readFile(join(folder, "node_modules", name, "package.json"), "utf8");
  return v.parse(v.object({ version: v.string() }), JSON.parse(text)).version;
}

/** ipx's own server, with its storage for sources behind HTTP. */
export async function startIpx(folder: string): Promise<Server> {
  const port = String(await freePort());
  const program = join(folder, "node_modules", "ipx", "bin", "ipx.mjs");
  const args = ["serve", "--domains", "127.0.0.1", "--host", "127.0.0.1", "--port", port];
  return startServer(folder, [program, ...args], port);
}

/** `next start`, with the image optimizer of Next.js. Its cache starts empty. */
export async function startNext(folder: string): Promise<Server> {
  const port = String(await freePort());
  await rm(join(folder, ".next", "cache", "images"), { recursive: true, force: true });
  return startServer(folder, [nextIn(folder), "start", "-H", "127.0.0.1", "-p", port], port);
}

function nextIn(folder: string): string {
  return join(folder, "node_modules", "next", "dist", "bin", "next");
}

async function startServer(cwd: string, args: readonly string[], port: string): Promise<Server> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: peersEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kill = () => child.kill();
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  const url = `http://127.0.0.1:${port}`;
  const until = performance.now() + START_MS;
  while (!(await listens(url))) {
    if (child.exitCode !== null || performance.now() > until) {
      await stop(child);
      throw new Error(`${args.join(" ")} does not listen: exit code ${child.exitCode}\n${stderr}`);
    }
    await setTimeout(50);
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`${args.join(" ")} was not started`);
  return { url, pid, [Symbol.asyncDispose]: () => stop(child) };
}

async function listens(url: string): Promise<boolean> {
  return fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return true;
    },
    () => false,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = v.parse(v.object({ port: v.number() }), server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}
