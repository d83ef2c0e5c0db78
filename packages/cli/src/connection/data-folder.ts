import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@imagefleet/core/process";
import { type Credentials, credentialsOf, readSecret } from "@imagefleet/local/credentials";
import * as v from "valibot";
import { lock } from "../files/lock.ts";
import { checkFolder } from "../files/output/folder.ts";
import { writeWhole } from "../files/output/staged-file.ts";
import { thousands } from "../terminal/thousands.ts";
import { UsageError } from "../usage-error.ts";
import { startError } from "./start-error.ts";

/** By this file a folder is known as ours: what has none is never removed. */
const MARK = "imagefleet.json";
const LOCK = "imagefleet.lock";
/** What reprocess remembers of fleets, which may lie in the folder before any start. */
export const RATES = "rates.json";

/** Where a fleet on this machine keeps what it knows; held by this process until it is disposed of. */
export interface DataFolder extends AsyncDisposable {
  /** Buckets and queues. */
  readonly fleet: string;
  readonly samples: string;
  /** Says where the fleet's S3 and SQS listen now. */
  announce(endpoint: string): Promise<void>;
}

/** A fleet that runs on this machine. */
export interface RunningFleet {
  readonly endpoint: string;
  /** What requests to it are signed with. */
  readonly credentials: Credentials;
}

/**
 * Opens the folder, or makes it, for this process alone: what another uses is neither used nor removed.
 *
 * @param fresh forget buckets and queues first
 * @throws WrongUse: the folder holds what is not ours, or another process uses it; Error while servers
 * that were just killed have it open
 */
export async function openDataFolder(dir: string, fresh: boolean): Promise<DataFolder> {
  const mark = join(dir, MARK);
  const fleet = fleetFolder(dir);
  const [foreign, ...others] = (await hasMark(mark)) ? [] : await foreignNames(dir);
  if (foreign !== undefined) {
    const more = others.length === 0 ? "" : ` and ${thousands(others.length)} more`;
    throw new UsageError(
      `--data ${dir} was not made by imagefleet (there is no ${MARK} in it), and it is not empty: it holds ${foreign}${more}. Name an empty folder or a new one`,
    );
  }
  await checkFolder("--data", dir);
  const claimed = await lock(join(dir, LOCK), {
    option: "--data",
    held: (who) =>
      `--data ${dir}: another start uses it${who}: end it first, or give this run a folder of its own with --data DIR --port 0.`,
  });
  try {
    if (fresh) await forget(fleet);
    // Also what a killed process said of itself.
    await writeMark(mark, {});
  } catch (error) {
    await claimed[Symbol.asyncDispose]();
    throw await startError(error, dir, fleet);
  }
  return {
    fleet,
    samples: join(dir, "samples"),
    announce: (endpoint) => writeMark(mark, { process: process.pid, endpoint }),
    async [Symbol.asyncDispose]() {
      await writeMark(mark, {});
      await claimed[Symbol.asyncDispose]();
    },
  };
}

/** Loaded late: what only asks where a fleet runs needs no servers. */
async function forget(fleet: string): Promise<void> {
  const servers = await import("@imagefleet/local/aws");
  await servers.forget(fleet);
}

/** The fleet that runs on a data folder now, if one does. */
export async function runningFleet(dir: string): Promise<RunningFleet | undefined> {
  const { process: pid, endpoint } = await readMark(join(dir, MARK));
  const credentials = folderCredentials(dir);
  if (pid === undefined || endpoint === undefined || !credentials || !isAlive(pid))
    return undefined;
  return { endpoint, credentials };
}

/** What requests to the fleet of a data folder are signed with, whether it runs or not. */
export function folderCredentials(dir: string): Credentials | undefined {
  const secretAccessKey = readSecret(fleetFolder(dir));
  return secretAccessKey === undefined ? undefined : credentialsOf("local", { secretAccessKey });
}

const markSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    process: v.optional(v.number()),
    endpoint: v.optional(v.pipe(v.string(), v.url())),
  }),
);
type Mark = v.InferOutput<typeof markSchema>;

function fleetFolder(dir: string): string {
  return join(dir, "aws");
}

function hasMark(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  );
}

async function readMark(file: string): Promise<Mark> {
  const parsed = v.safeParse(markSchema, await readFile(file, "utf8").catch(() => ""));
  return parsed.success ? parsed.output : {};
}

function writeMark(file: string, mark: Mark): Promise<void> {
  return writeWhole(file, Buffer.from(`${JSON.stringify({ imagefleet: 1, ...mark })}\n`));
}

/** What is in a folder, but for what a system hides there and what we write before the mark. */
async function foreignNames(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  const isOurs = (name: string) => name === RATES || name.startsWith(LOCK);
  return names.filter((name) => !name.startsWith(".") && !isOurs(name)).sort();
}
