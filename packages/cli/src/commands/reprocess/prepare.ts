import { randomUUID } from "node:crypto";
import { laneByBytes } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import type { Connection } from "../../connection/connect.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { type Checkpoint, keysFile, readCheckpoint, removeCheckpoint } from "./checkpoint.ts";
import { forEachPage } from "./for-each-page.ts";
import type { Counted } from "./forecast.ts";
import { fileState, keyFilePartition, storeStdin } from "./key-file.ts";
import { divide, listingPartition } from "./listing-partitions.ts";
import type { ReprocessOptions } from "./options.ts";
import { isSelected, type Selection } from "./selection.ts";
import type { Partition } from "./source-key.ts";
import type { StaleCheck } from "./stale.ts";

/** A run that is about to start, or to be resumed. */
export interface PreparedRun {
  readonly checkpoint: Checkpoint;
  readonly partitions: readonly Partition[];
}

/** A run with everything that it needs. */
export interface RunContext extends PreparedRun {
  readonly recipe: Recipe;
  /** With `--only-stale` or `--preset`. */
  readonly stale: StaleCheck | undefined;
  readonly options: ReprocessOptions;
  readonly connection: Connection;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/**
 * The run that the checkpoint contains.
 *
 * @throws UsageError when the file has no run, or one of another fleet, bucket or file of keys
 */
export async function resumeRun(file: string, connection: Connection): Promise<PreparedRun> {
  const checkpoint = await readCheckpoint(file);
  if (checkpoint === undefined) {
    throw new UsageError(`--resume: ${file} contains no run to resume: leave --resume out`);
  }
  if (checkpoint.where !== connection.where) {
    throw new UsageError(
      `--resume: the run in ${file} is for ${checkpoint.where}, not for ${connection.where}: name the same fleet`,
    );
  }
  const { bucket, from } = checkpoint.selection;
  const sourceBucket = await connection.bucket("sourceBucket");
  if (bucket !== sourceBucket) {
    throw new UsageError(
      `--resume: the run in ${file} is for the bucket ${bucket}, and the fleet's source bucket is ${sourceBucket}: name the same bucket with --source-bucket, or start again with --fresh`,
    );
  }
  if (from !== undefined && (await fileState(from, nameOf(from, file))) !== checkpoint.fileState) {
    throw new UsageError(
      `--resume: ${nameOf(from, file)} has changed since the run started: start again with --fresh, which sends all of it`,
    );
  }
  return { checkpoint, partitions: partitionsOf(checkpoint, file, connection) };
}

/**
 * A new run.
 *
 * @throws UsageError when the checkpoint contains an unfinished run, unless `--fresh` discards it
 */
export async function newRun(
  options: ReprocessOptions,
  connection: Connection,
  recipe: Recipe,
): Promise<PreparedRun> {
  const wanted = await selectionOf(options, connection, recipe);
  const file = options.checkpoint;
  if (options.fresh) await removeCheckpoint(file);
  if ((await readCheckpoint(file)) !== undefined) {
    throw new UsageError(
      `${file} contains an unfinished run: --resume continues it, --fresh discards it`,
    );
  }
  const selection = wanted.from === "-" ? { ...wanted, from: keysFile(file) } : wanted;
  if (wanted.from === "-") await storeStdin(keysFile(file));
  const { from, bucket, prefix } = selection;
  const ranges = from === undefined ? await divide(connection.s3, bucket, prefix) : [{}];
  const checkpoint: Checkpoint = {
    version: 1,
    run: randomUUID(),
    where: connection.where,
    selection,
    ...(from !== undefined && { fileState: await fileState(from, nameOf(from, file)) }),
    startedAt: Date.now(),
    total: 0,
    sent: 0,
    partitions: ranges.map((range) => ({ range, done: false })),
  };
  return { checkpoint, partitions: partitionsOf(checkpoint, file, connection) };
}

async function selectionOf(
  { selection }: ReprocessOptions,
  connection: Connection,
  recipe: Recipe,
): Promise<Selection> {
  const bucket = await connection.bucket("sourceBucket");
  if (selection.bucket !== undefined && selection.bucket !== bucket) {
    throw new UsageError(
      `s3://${selection.bucket} is not the fleet's source bucket, which is ${bucket}: name that one, or set --source-bucket`,
    );
  }
  const { preset } = selection;
  if (preset !== undefined && !recipe.presets.some(({ name }) => name === preset)) {
    const names = [...new Set(recipe.presets.map(({ name }) => name))].join(", ");
    throw new UsageError(`--preset ${preset} is not in the recipe: it has ${names}`);
  }
  return { ...selection, bucket, prefix: selection.prefix ?? recipe.source.prefix };
}

/** A file of keys as messages name it: the person never sees where stdin is stored. */
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

export async function staleCheck(
  selection: Selection,
  connection: Connection,
  recipe: Recipe,
): Promise<StaleCheck | undefined> {
  if (!selection.onlyStale && selection.preset === undefined) return undefined;
  const bucket = await connection.bucket("renditionBucket");
  // A late import: it loads the codec, whose memory a run without the check does not need.
  const { StaleCheck } = await import("./stale.ts");
  const { s3 } = connection;
  const stores = { renditions: new RenditionStore(s3, bucket), sources: new SourceStore(s3) };
  return new StaleCheck(stores, recipe, selection);
}

/** Counts the sources of a run without sending. */
export async function countAll(
  { checkpoint, partitions, recipe, stale, options, signal }: RunContext,
  counted: Counted,
): Promise<void> {
  await forEachPage(
    partitions,
    partitions.map(() => ({ done: false })),
    async ({ sourceKeys }) => {
      const candidates = sourceKeys.filter((each) =>
        isSelected(each, checkpoint.selection, recipe),
      );
      // Manifests are read once: here in a dry run, otherwise when jobs are sent.
      const selected = stale && options.dryRun ? await stale.of(candidates) : candidates;
      counted.lists++;
      counted.sources += selected.length;
      counted.others += sourceKeys.length - selected.length;
      for (const { bytes = 0 } of selected) {
        counted.bytes += bytes;
        if (laneByBytes(recipe, bytes) === "large") counted.large++;
      }
      return true;
    },
    signal,
  );
}
