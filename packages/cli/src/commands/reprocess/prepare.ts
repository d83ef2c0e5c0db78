import { randomUUID } from "node:crypto";
import { laneByBytes } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import type { Connection } from "../../connection/connect.ts";
import { UsageError } from "../../usage-error.ts";
import { type Checkpoint, keysFile, readCheckpoint, removeCheckpoint } from "./checkpoint.ts";
import { isMeant } from "./choose.ts";
import type { Counted } from "./forecast.ts";
import { fileState, keepStdin, keyFilePartition } from "./key-file.ts";
import { divide, listingPartition } from "./listing-partitions.ts";
import type { Selection } from "./selection.ts";
import { goThrough } from "./send.ts";
import type { Partition } from "./source-key.ts";
import type { StaleCheck } from "./stale.ts";

/** A run that is about to begin, or to go on. */
export interface Prepared {
  readonly checkpoint: Checkpoint;
  readonly partitions: readonly Partition[];
}

/**
 * The run that a checkpoint keeps.
 *
 * @throws WrongUse when there is none, it is of another fleet or bucket, or its file of keys has changed
 */
export async function resumed(file: string, connection: Connection): Promise<Prepared> {
  const checkpoint = await readCheckpoint(file);
  if (checkpoint === undefined) {
    throw new UsageError(`--resume: there is no run to go on with in ${file}: leave --resume out`);
  }
  if (checkpoint.where !== connection.where) {
    throw new UsageError(
      `--resume: the run in ${file} is of ${checkpoint.where}, and this is ${connection.where}: name the same fleet`,
    );
  }
  const { bucket, from } = checkpoint.selection;
  const sourceBucket = await connection.bucket("sourceBucket");
  if (bucket !== sourceBucket) {
    throw new UsageError(
      `--resume: the run in ${file} is of the bucket ${bucket}, and the fleet's source bucket is ${sourceBucket}: name the same with --source-bucket, or begin anew with --fresh`,
    );
  }
  if (from !== undefined && (await fileState(from, nameOf(from, file))) !== checkpoint.fileState) {
    throw new UsageError(
      `--resume: ${nameOf(from, file)} has changed since: begin anew with --fresh, which sends all of it`,
    );
  }
  return { checkpoint, partitions: partitionsOf(checkpoint, file, connection) };
}

/**
 * A new run.
 *
 * @throws WrongUse when an unfinished one is recorded and is not to be forgotten
 */
export async function begun(
  selection: Selection,
  options: { checkpoint: string; fresh: boolean },
  connection: Connection,
): Promise<Prepared> {
  const file = options.checkpoint;
  if (options.fresh) await removeCheckpoint(file);
  if ((await readCheckpoint(file)) !== undefined) {
    throw new UsageError(
      `an unfinished run is recorded in ${file}: --resume goes on with it, --fresh forgets it`,
    );
  }
  const meant = selection.from === "-" ? { ...selection, from: keysFile(file) } : selection;
  if (selection.from === "-") await keepStdin(keysFile(file));
  const { from, bucket, prefix } = meant;
  const ranges = from === undefined ? await divide(connection.s3, bucket, prefix) : [{}];
  const checkpoint: Checkpoint = {
    version: 1,
    run: randomUUID(),
    where: connection.where,
    selection: meant,
    ...(from !== undefined && { fileState: await fileState(from, nameOf(from, file)) }),
    startedAt: Date.now(),
    total: 0,
    sent: 0,
    partitions: ranges.map((range) => ({ range, done: false })),
  };
  return { checkpoint, partitions: partitionsOf(checkpoint, file, connection) };
}

/** What a person knows a file of keys by: they have not seen where stdin is kept. */
function nameOf(from: string, file: string): string {
  return from === keysFile(file) ? "standard input" : from;
}

function partitionsOf(
  { selection, partitions }: Checkpoint,
  file: string,
  { s3 }: Connection,
): Partition[] {
  const { bucket, prefix, from, format, columns } = selection;
  if (from !== undefined) {
    const name = nameOf(from, file);
    return [keyFilePartition(from, { name, bucket, format, columns })];
  }
  return partitions.map(({ range }, index) =>
    listingPartition(s3, bucket, prefix, range, `${index}`),
  );
}

/** Reads all there is once, without sending. */
export async function countAll(
  partitions: readonly Partition[],
  { selection, recipe, stale }: { selection: Selection; recipe: Recipe; stale?: StaleCheck },
  signal: AbortSignal,
  counted: Counted,
): Promise<void> {
  const states = partitions.map(() => ({ done: false }));
  await goThrough(
    partitions,
    states,
    async ({ sourceKeys }) => {
      const chosen = sourceKeys.filter((sourceKey) => isMeant(sourceKey, selection, recipe));
      const meant = stale === undefined ? chosen : await stale.of(chosen);
      counted.lists++;
      counted.sources += meant.length;
      counted.others += sourceKeys.length - meant.length;
      for (const { bytes = 0 } of meant) {
        counted.bytes += bytes;
        if (laneByBytes(recipe, bytes) === "large") counted.large++;
      }
      return true;
    },
    signal,
  );
}
