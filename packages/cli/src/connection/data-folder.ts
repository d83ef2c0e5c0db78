import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@imagefleet/core/process";
import { type Credentials, credentialsOf, readSecret } from "@imagefleet/local/credentials";
import * as v from "valibot";
import { lock } from "../files/lock.ts";
import { checkFolder } from "../files/output/folder.ts";
import { writeWhole } from "../files/output/staged-file.ts";
import { thousands } from "../terminal/format.ts";
import { UsageError } from "../usage-error.ts";
import { startError } from "./start-error.ts";

/** This file marks a folder as ours. A folder without it is never cleared. */
const MARK = "imagefleet.json";
const LOCK = "imagefleet.lock";
/** Measured rates of reprocess, which may be in the folder before any start. */
export const RATES = "rates.json";

/** The folder of a local fleet, locked by this process until disposal. */
export interface DataFolder extends AsyncDisposable {
  /** Buckets and queues. */
  readonly fleet: string;
  readonly samples: string;
  /** Records the addresses of the running fleet. */
  announce(fleet: Announced): Promise<void>;
}

/** What others on this machine need to know of a fleet that runs. */
interface Announced {
  readonly endpoint: string;
  readonly edge?: { readonly url: string };
  readonly catalog?: { readonly api: { readonly url: string }; readonly topicArn: string };
}

/** A running local fleet. */
export interface RunningFleet {
  readonly endpoint: string;
  /** The edge's address. Absent: there are only servers. */
  readonly edge?: string | undefined;
  /** The address of the API of uploads, and the topic of notifications. Absent: there is no catalog. */
  readonly api?: string | undefined;
  readonly topicArn?: string | undefined;
  /** The credentials of its servers. */
  readonly credentials: Credentials;
}

/**
 * Opens or creates the folder and locks it for this process.
 *
 * @param fresh delete buckets and queues first
 * @throws UsageError when the folder contains foreign files or another process uses it; Error while servers
 * that were just killed have its database open
 */
export async function openDataFolder(dir: string, fresh: boolean): Promise<DataFolder> {
  const mark = join(dir, MARK);
  const fleet = fleetFolder(dir);
  const [foreign, ...others] = (await hasMark(mark)) ? [] : await foreignNames(dir);
  if (foreign !== undefined) {
    const more = others.length === 0 ? "" : ` and ${thousands(others.length)} more`;
    throw new UsageError(
      `--data ${dir} was not made by imagefleet (there is no ${MARK} in it), and it is not empty: it contains ${foreign}${more}. Use an empty folder or a new one`,
    );
  }
  await checkFolder("--data", dir);
  const claimed = await lock(join(dir, LOCK), {
    option: "--data",
    held: (who) =>
      `--data ${dir}: another start uses it${who}. Stop it first, or use another folder with --data DIR --port 0.`,
  });
  try {
    if (fresh) await forget(fleet);
    // Also overwrites the endpoint of a killed process.
    await writeMark(mark, {});
  } catch (error) {
    await claimed[Symbol.asyncDispose]();
    throw await startError(error, dir, fleet);
  }
  return {
    fleet,
    samples: join(dir, "samples"),
    announce: ({ endpoint, edge, catalog }) =>
      writeMark(mark, {
        process: process.pid,
        endpoint,
        ...(edge && { edge: edge.url }),
        ...(catalog && { api: catalog.api.url, topicArn: catalog.topicArn }),
      }),
    async [Symbol.asyncDispose]() {
      await writeMark(mark, {});
      await claimed[Symbol.asyncDispose]();
    },
  };
}

/** Imports the servers only when needed: most commands only locate a fleet. */
async function forget(fleet: string): Promise<void> {
  const servers = await import("@imagefleet/local/aws");
  await servers.forget(fleet);
}

/** The fleet that runs on a data folder, if there is one. */
export async function runningFleet(dir: string): Promise<RunningFleet | undefined> {
  const { process: pid, endpoint, ...others } = await readMark(join(dir, MARK));
  const credentials = folderCredentials(dir);
  if (pid === undefined || endpoint === undefined || !credentials || !isAlive(pid))
    return undefined;
  return { endpoint, credentials, ...others };
}

/** The credentials for the fleet of a data folder, whether it runs or not. */
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
    edge: v.optional(v.pipe(v.string(), v.url())),
    api: v.optional(v.pipe(v.string(), v.url())),
    topicArn: v.optional(v.string()),
  }),
);
type Mark = v.InferOutput<typeof markSchema>;

/** The folder of the servers' data in a data folder. */
export function fleetFolder(dir: string): string {
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

/** The files in a folder, except hidden files and those that are written before the mark. */
async function foreignNames(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  const isOurs = (name: string) => name === RATES || name.startsWith(LOCK);
  return names.filter((name) => !name.startsWith(".") && !isOurs(name)).sort();
}
