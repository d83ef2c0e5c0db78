import { randomUUID } from "node:crypto";
import { access, readFile, rm, stat } from "node:fs/promises";
import * as v from "valibot";
import { whyUnreadable } from "../../files/fs-error.ts";
import { writeWhole } from "../../files/output/staged-file.ts";
import { UsageError } from "../../usage-error.ts";
import { rangeSchema } from "./listing-partitions.ts";
import { selectionSchema } from "./selection.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const checkpointSchema = v.object({
  version: v.literal(1),
  /** What the messages of this run carry, in this process and those that go on. */
  run: v.optional(v.string(), () => randomUUID()),
  where: v.string(),
  selection: selectionSchema,
  /** Of a file of keys, by what it is known again. */
  fileState: v.optional(v.string()),
  startedAt: v.number(),
  /** Sources that were counted before the start. */
  total: count,
  /** Acknowledged by SQS, in this run and those that it goes on from. */
  sent: count,
  /** Before the marks: what a run that goes on does not deal with again. */
  passed: v.optional(v.object({ sent: count, skipped: count })),
  partitions: v.array(
    v.object({
      range: rangeSchema,
      /** All up to here is sent, or was not meant. */
      mark: v.optional(v.string()),
      done: v.boolean(),
    }),
  ),
});

/** How far a run is: nothing up to a track's mark is missing. */
export type Checkpoint = v.InferOutput<typeof checkpointSchema>;

/** @throws WrongUse when it is there and is none */
export async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    // A device may have no end.
    text = (await stat(file)).isFile() ? await readFile(file, "utf8") : "";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`--checkpoint ${file}: ${whyUnreadable(error)}`, { cause: error });
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), checkpointSchema), text);
  if (parsed.success) return parsed.output;
  throw new UsageError(
    `--checkpoint ${file} is not what reprocess writes: name another file, or remove this one`,
  );
}

export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await writeWhole(file, Buffer.from(`${JSON.stringify(checkpoint)}\n`));
}

/** What came on stdin, kept beside the checkpoint. */
export function keysFile(file: string): string {
  return `${file}.keys`;
}

/** Forgets a run that is done, or is not to be. */
export async function removeCheckpoint(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** Forgets what came on stdin, unless a run may go on with it. */
export async function tidyKeys(file: string): Promise<void> {
  const isRecorded = await access(file).then(
    () => true,
    () => false,
  );
  if (!isRecorded) await rm(keysFile(file), { force: true });
}
