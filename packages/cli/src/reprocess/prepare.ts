import { randomUUID } from "node:crypto";
import { laneByBytes } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import type { Connection } from "../connection/connect.ts";
import { WrongUse } from "../wrong-use.ts";
import type { Track } from "./candidate.ts";
import { type Checkpoint, keysFile, readCheckpoint, removeCheckpoint } from "./checkpoint.ts";
import { isMeant } from "./choose.ts";
import type { Counted } from "./forecast.ts";
import { fileState, keepStdin, keyFileTrack } from "./key-file.ts";
import { divide, listingTrack } from "./listing-tracks.ts";
import type { Selection } from "./selection.ts";
import { goThrough } from "./send.ts";
import type { StaleCheck } from "./stale.ts";

/** A run that is about to begin, or to go on. */
export interface Prepared {
  readonly checkpoint: Checkpoint;
  readonly tracks: readonly Track[];
}

/**
 * The run that a checkpoint keeps.
 *
 * @throws WrongUse when there is none, it is of another fleet or bucket, or its file of keys has changed
 */
export async function resumed(file: string, connection: Connection): Promise<Prepared> {
  const checkpoint = await readCheckpoint(file);
  if (checkpoint === undefined) {
    throw new WrongUse(`--resume: there is no run to go on with in ${file}: leave --resume out`);
  }
  if (checkpoint.where !== connection.where) {
    throw new WrongUse(
      `--resume: the run in ${file} is of ${checkpoint.where}, and this is ${connection.where}: name the same fleet`,
    );
  }
  const { bucket, from } = checkpoint.selection;
  const sourceBucket = await connection.bucket("sourceBucket");
  if (bucket !== sourceBucket) {
    throw new WrongUse(
      `--resume: the run in ${file} is of the bucket ${bucket}, and the fleet's source bucket is ${sourceBucket}: name the same with --source-bucket, or begin anew with --fresh`,
    );
  }
  if (from !== undefined && (await fileState(from, nameOf(from, file))) !== checkpoint.fileState) {
    throw new WrongUse(
      `--resume: ${nameOf(from, file)} has changed since: begin anew with --fresh, which sends all of it`,
    );
  }
  return { checkpoint, tracks: tracksOf(checkpoint, file, connection) };
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
    throw new WrongUse(
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
    tracks: ranges.map((range) => ({ range, done: false })),
  };
  return { checkpoint, tracks: tracksOf(checkpoint, file, connection) };
}

/** What a person knows a file of keys by: they have not seen where stdin is kept. */
function nameOf(from: string, file: string): string {
  return from === keysFile(file) ? "standard input" : from;
}

function tracksOf({ selection, tracks }: Checkpoint, file: string, { s3 }: Connection): Track[] {
  const { bucket, prefix, from, format, columns } = selection;
  if (from !== undefined) {
    const name = nameOf(from, file);
    return [keyFileTrack(from, { name, bucket, format, columns })];
  }
  return tracks.map(({ range }, index) => listingTrack(s3, bucket, prefix, range, `${index}`));
}

/** Reads all there is once, without sending. */
export async function countAll(
  tracks: readonly Track[],
  { selection, recipe, stale }: { selection: Selection; recipe: Recipe; stale?: StaleCheck },
  signal: AbortSignal,
  counted: Counted,
): Promise<void> {
  const states = tracks.map(() => ({ done: false }));
  await goThrough(
    tracks,
    states,
    async ({ candidates }) => {
      const chosen = candidates.filter((candidate) => isMeant(candidate, selection, recipe));
      const meant = stale === undefined ? chosen : await stale.of(chosen);
      counted.lists++;
      counted.sources += meant.length;
      counted.others += candidates.length - meant.length;
      for (const { bytes = 0 } of meant) {
        counted.bytes += bytes;
        if (laneByBytes(recipe, bytes) === "large") counted.large++;
      }
      return true;
    },
    signal,
  );
}
