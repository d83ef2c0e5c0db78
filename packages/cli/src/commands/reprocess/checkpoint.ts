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
  /** The run id in every message of this run and of the runs that resume it. */
  run: v.optional(v.string(), () => randomUUID()),
  where: v.string(),
  selection: selectionSchema,
  /** Size and time of a file of keys, to detect a change. */
  fileState: v.optional(v.string()),
  startedAt: v.number(),
  /** Sources that were counted before the start. */
  total: count,
  /** Acknowledged by SQS, in this run and those that it resumes. */
  sent: count,
  /** What lies before the marks: a resumed run does not handle it again. */
  passed: v.optional(v.object({ sent: count, skipped: count })),
  partitions: v.array(
    v.object({
      range: rangeSchema,
      /** Every key up to here is sent or not selected. */
      mark: v.optional(v.string()),
      done: v.boolean(),
    }),
  ),
});

/** The progress of a run: nothing up to a partition's mark is missing. */
export type Checkpoint = v.InferOutput<typeof checkpointSchema>;

/** @throws UsageError when the file exists and is not a checkpoint */
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
    `--checkpoint ${file} is not a checkpoint of reprocess: name another file, or remove this one`,
  );
}

/** How often the checkpoint is written, ms: after a kill, what was sent since is sent again. */
const WRITE_MS = 1_000;

/** Writes the checkpoint regularly, and a last time when it is disposed of. */
export function checkpointWriter(file: string, now: () => Checkpoint): AsyncDisposable {
  let last: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const write = () => {
    last = last
      .then(() => writeWhole(file, Buffer.from(`${JSON.stringify(now())}\n`)))
      .catch((error: unknown) => {
        failure ??= { error };
      });
    return last;
  };
  void write();
  const timer = setInterval(write, WRITE_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await write();
      if (failure) throw failure.error;
    },
  };
}

/** Removes the checkpoint of a run that is complete or declined. */
export async function removeCheckpoint(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** Where the keys from stdin are stored: beside the checkpoint. */
export function keysFile(file: string): string {
  return `${file}.keys`;
}

/** Removes the stored keys from stdin when it is disposed of, unless a run can be resumed with them. */
export function storedKeys(file: string): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      const canResume = await access(file).then(
        () => true,
        () => false,
      );
      if (!canResume) await rm(keysFile(file), { force: true });
    },
  };
}
