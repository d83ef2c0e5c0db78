import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** An installation takes half a minute; what is older than this, ms, was left by one that was killed. */
const STALE_MS = 10 * 60_000;
const LOOK_AGAIN_MS = 200;

/**
 * Makes `.sst/platform` as every `sst` command does: the components' source, which the types of
 * infra/ and the graph need, and their packages from the npm registry. Once a version of sst, about
 * half a minute and 330 MB; then it is only looked at. No AWS, no pulumi, nothing is reported home.
 *
 * @returns whether it was made just now
 * @throws Error with what sst said
 */
export async function ensurePlatform(root: string): Promise<boolean> {
  const sst = join(root, ".sst");
  if (isReady(root)) return false;
  mkdirSync(sst, { recursive: true });
  const lock = join(sst, "preparing");
  // Test files run side by side: the first to come prepares, the others wait for it.
  while (!take(lock)) await setTimeout(LOOK_AGAIN_MS);
  try {
    if (isReady(root)) return false;
    install(root);
    return true;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** What an sst process is given so that it asks nobody but the npm registry. */
export function offline(root: string): Record<string, string> {
  return {
    SST_SKIP_DEPENDENCY_CHECK: "1",
    SST_NO_BUN: "1",
    SST_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    // What npm has fetched before is not asked for again: a second run needs no network.
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
    XDG_CONFIG_HOME: join(root, ".sst", "imagefleet", "config"),
    // sst evaluates the configuration, which stops where nobody has named the fleet.
    IMAGEFLEET_SETTINGS: JSON.stringify({ app: "imagefleet", region: "eu-west-1" }),
  };
}

/** sst writes its version first and the list of providers last. */
function isReady(root: string): boolean {
  const version = join(root, ".sst", "platform", "version");
  const lock = join(root, ".sst", "provider-lock.json");
  const pulumi = join(root, ".sst", "platform", "node_modules", "@pulumi", "aws", "package.json");
  if (![version, lock, pulumi].every((file) => existsSync(file))) return false;
  return readFileSync(version, "utf8").trim() === pinnedVersion(root);
}

function pinnedVersion(root: string): string {
  const file = join(root, "node_modules", "sst", "package.json");
  const { version }: { version: string } = JSON.parse(readFileSync(file, "utf8"));
  return version;
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    if (Date.now() - made > STALE_MS) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function install(root: string): void {
  const bin = join(root, "node_modules", ".bin", "sst");
  const { status, error, stdout, stderr } = spawnSync(bin, ["install", "--stage", "test"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...offline(root) },
  });
  if (error) throw error;
  if (status !== 0 || !isReady(root)) {
    throw new Error(
      `sst install failed (${status}): is the npm registry reachable?\n${stdout}${stderr}`,
    );
  }
}
