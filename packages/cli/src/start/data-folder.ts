import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { checkFolder } from "../output/folder.ts";
import { writeWhole } from "../output/staged-file.ts";
import { isAlive } from "../process.ts";
import { WrongUse } from "../wrong-use.ts";

/** By this file a folder is known as ours: what has none is never removed. */
const MARK = "imagefleet.json";

/** Where a fleet on this machine keeps what it knows. */
export interface DataFolder {
  /** Buckets and queues. */
  readonly fleet: string;
  readonly samples: string;
  /** The id of another process that uses it. */
  holder(): Promise<number | undefined>;
  /** Says that this process uses it, and where its S3 and SQS listen. */
  claim(endpoint: string): Promise<void>;
  /** Says that nobody does. */
  release(): Promise<void>;
}

/**
 * Opens the folder, or makes it.
 *
 * @param fresh forget buckets and queues first
 * @throws WrongUse: the folder holds what is not ours, or `fresh` while another process uses it
 */
export async function openDataFolder(dir: string, fresh: boolean): Promise<DataFolder> {
  const mark = join(dir, MARK);
  const fleet = join(dir, "aws");
  const holder = await readMark(mark);
  if (holder === undefined && (await holdsSomething(fleet))) {
    throw new WrongUse(
      `--data ${dir}: its folder aws/ was not made by imagefleet (there is no ${MARK}): name an empty or a new folder`,
    );
  }
  if (fresh && holder?.process !== undefined && isOther(holder.process)) {
    throw new WrongUse(
      `--fresh: process ${holder.process} uses ${dir}: end it first, or give this run a folder of its own with --data DIR`,
    );
  }
  if (fresh) await rm(fleet, { recursive: true, force: true });
  await checkFolder("--data", dir);
  if (holder === undefined) await writeMark(mark, {});
  return {
    fleet,
    samples: join(dir, "samples"),
    async holder() {
      const { process: pid } = (await readMark(mark)) ?? {};
      return pid !== undefined && isOther(pid) ? pid : undefined;
    },
    claim: (endpoint) => writeMark(mark, { process: process.pid, endpoint }),
    release: () => writeMark(mark, {}),
  };
}

/** Where the S3 and SQS of the fleet listen that runs on a data folder now, if one does. */
export async function runningEndpoint(dir: string): Promise<string | undefined> {
  const mark = await readMark(join(dir, MARK));
  return mark?.process !== undefined && isAlive(mark.process) ? mark.endpoint : undefined;
}

const markSchema = v.object({
  process: v.optional(v.number()),
  endpoint: v.optional(v.pipe(v.string(), v.url())),
});
type Mark = v.InferOutput<typeof markSchema>;

async function readMark(file: string): Promise<Mark | undefined> {
  try {
    const mark: unknown = JSON.parse(await readFile(file, "utf8"));
    return v.is(markSchema, mark) ? mark : {};
  } catch {
    return undefined;
  }
}

function writeMark(file: string, mark: Mark): Promise<void> {
  return writeWhole(file, Buffer.from(`${JSON.stringify({ imagefleet: 1, ...mark })}\n`));
}

async function holdsSomething(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.length > 0;
}

function isOther(pid: number): boolean {
  return pid !== process.pid && isAlive(pid);
}
