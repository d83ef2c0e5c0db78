import type { Recipe } from "@imagefleet/core/recipe";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { type Connection, connect } from "../../connection/connect.ts";
import { EXIT } from "../../exit-code.ts";
import { Feeder } from "../../feed/feeder.ts";
import { lock } from "../../files/lock.ts";
import { discardStaged } from "../../files/output/staged-file.ts";
import { limitHeap } from "../../limit-heap.ts";
import { readRecipe } from "../../recipe/read.ts";
import { requirePerson } from "../../terminal/confirm.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many, thousands } from "../../terminal/thousands.ts";
import { UsageError } from "../../usage-error.ts";
import { type Checkpoint, removeCheckpoint, tidyKeys } from "./checkpoint.ts";
import { checkpointWriter } from "./checkpoint-writer.ts";
import { isMeant } from "./choose.ts";
import { confirmRun } from "./confirm-run.ts";
import type { ReprocessOptions, RunContext } from "./options.ts";
import { begun, type Prepared, resumed } from "./prepare.ts";
import { progressLines } from "./progress.ts";
import { ENOUGH_JOBS, rememberRate } from "./rates.ts";
import { outcomeText, type RunResult, resultJson } from "./result.ts";
import type { Selection } from "./selection.ts";
import { goThrough, jobsOf } from "./send.ts";
import type { SourceKeyPage } from "./source-key.ts";
import type { StaleCheck } from "./stale.ts";
import { countStillStale } from "./still-stale.ts";
import { deadLettersOf, depthsOf, untilDrained } from "./wait.ts";

/** Two runs on one checkpoint would each send everything, and write over what the other has recorded. */
const LOCKED = {
  option: "--checkpoint",
  held: (who: string) =>
    `a run is going on${who}: wait for its end, or end it with Ctrl-C and go on with --resume; a --checkpoint of its own lets another run go on beside it.`,
};

/** `imagefleet reprocess`: jobs for sources that are there already, fed no faster than they are done. */
export async function reprocess(options: ReprocessOptions, screen: Screen): Promise<number> {
  if (!options.resume && !options.dryRun) {
    requirePerson(options.yes, "reprocess asks before it sends", "or --dry-run to only count");
  }
  limitHeap();
  const recipe = await readRecipe(options.recipe);
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(discardStaged);
  const { signal } = interrupt;
  // A dry run records nothing that another could go on with.
  await using _claim = options.dryRun
    ? undefined
    : await lock(`${options.checkpoint}.lock`, LOCKED);
  await using _keys = tidyingKeys(options.checkpoint);
  const prepared = options.resume
    ? await resumed(options.checkpoint, connection)
    : await begun(await selectionOf(options, connection, recipe), options, connection);
  const { selection } = prepared.checkpoint;
  const stale = await staleCheck(selection, connection, recipe);
  if (options.resume) {
    const { sent } = prepared.checkpoint;
    const again = againOf(prepared.checkpoint);
    const besides = again > 0 ? `, ${thousands(again)} of them are sent once more` : "";
    screen.note(`Going on: ${thousands(sent)} were sent before${besides}`);
  } else {
    const go = await confirmRun(prepared, { recipe, stale }, options, connection, screen, signal);
    if (go !== undefined) return go;
  }
  const result = await run(prepared, { recipe, stale }, options, connection, screen, signal);
  if (options.json) screen.json(resultJson(result));
  else screen.report(...outcomeText(result, options, screen));
  if (result.interrupted) return EXIT.interrupted;
  if (result.refused > 0) return EXIT.failed;
  const left = (result.deadLetters?.length ?? 0) + (result.stillStale ?? 0);
  return left > 0 ? EXIT.deadLetters : EXIT.done;
}

/** What came on stdin is read until the very end of a run. */
function tidyingKeys(checkpoint: string): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => tidyKeys(checkpoint) };
}

/** Of those that were sent, as many as come after the marks are sent again. */
function againOf({ sent, passed }: Checkpoint): number {
  return Math.max(0, sent - (passed?.sent ?? sent));
}

async function selectionOf(
  { selection }: ReprocessOptions,
  connection: Connection,
  recipe: Recipe,
): Promise<Selection> {
  const bucket = await connection.bucket("sourceBucket");
  if (selection.bucket !== undefined && selection.bucket !== bucket) {
    throw new UsageError(
      `s3://${selection.bucket} is not the fleet's source bucket, which is ${bucket}: name that, or another --source-bucket`,
    );
  }
  const { preset } = selection;
  if (preset !== undefined && !recipe.presets.some(({ name }) => name === preset)) {
    const names = [...new Set(recipe.presets.map(({ name }) => name))].join(", ");
    throw new UsageError(`--preset ${preset} is not in the recipe: it has ${names}`);
  }
  return { ...selection, bucket, prefix: selection.prefix ?? recipe.source.prefix };
}

async function staleCheck(
  selection: Selection,
  connection: Connection,
  recipe: Recipe,
): Promise<StaleCheck | undefined> {
  if (!selection.onlyStale && selection.preset === undefined) return undefined;
  const bucket = await connection.bucket("renditionBucket");
  // Loaded late: it brings the codec along, whose memory a plain run does not need.
  const { StaleCheck } = await import("./stale.ts");
  const { s3 } = connection;
  const stores = { renditions: new RenditionStore(s3, bucket), sources: new SourceStore(s3) };
  return new StaleCheck(stores, recipe, selection);
}

async function run(
  prepared: Prepared,
  { recipe, stale }: RunContext,
  options: ReprocessOptions,
  connection: Connection,
  screen: Screen,
  signal: AbortSignal,
): Promise<RunResult> {
  const { checkpoint, partitions } = prepared;
  const { selection } = checkpoint;
  const { bucket, force } = selection;
  const lanes = await connection.lanes();
  const feeder = new Feeder({
    queues: { small: lanes.small.queue, large: lanes.large.queue },
    recipe,
    maxDepth: options.maxDepth,
    consumers: connection.consumers,
    group: "reprocess",
    signal,
  });
  const before = await depthsOf(connection);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const sentBefore = checkpoint.sent;
  const again = againOf(checkpoint);
  const passed = { ...(checkpoint.passed ?? { sent: sentBefore, skipped: 0 }) };
  const passedBefore = passed.sent + passed.skipped;
  checkpoint.passed = passed;
  const pages = new WeakMap<SourceKeyPage, { sent: number; skipped: number }>();
  let skipped = 0;
  const keep = checkpointWriter(options.checkpoint, () => {
    checkpoint.sent = sentBefore + feeder.sent.small + feeder.sent.large;
    return checkpoint;
  });
  let feeding = 0;
  try {
    await using _keeping = keep;
    using _progress = showRepeatedly(screen, async () => {
      const dealt = feeder.sent.small + feeder.sent.large + skipped;
      const deadLetters = Math.max(
        0,
        (await depthsOf(connection)).deadLetters - before.deadLetters,
      );
      return progressLines(
        {
          dealt: passedBefore + dealt,
          // Uploads since the count are sent as well.
          total: Math.max(checkpoint.total, passedBefore + dealt),
          perSecond: dealt / elapsed(),
          depth: feeder.depth,
          deadLetters,
        },
        screen.isLive,
        screen.tint,
      );
    });
    await goThrough(
      partitions,
      checkpoint.partitions,
      async (page) => {
        const chosen = page.sourceKeys.filter((each) => isMeant(each, selection, recipe));
        const meant = stale === undefined ? chosen : await stale.of(chosen);
        const left = chosen.length - meant.length;
        skipped += left;
        pages.set(page, { sent: meant.length, skipped: left });
        return feeder.feed(jobsOf(meant, { bucket, force, run: checkpoint.run }));
      },
      signal,
      (page) => {
        passed.sent += pages.get(page)?.sent ?? 0;
        passed.skipped += pages.get(page)?.skipped ?? 0;
      },
    );
    feeding = elapsed();
  } catch (error) {
    screen.note(`Stopped; --resume goes on: ${options.checkpoint}`);
    throw error;
  }
  const sent = feeder.sent.small + feeder.sent.large;
  const done = checkpoint.partitions.every((partition) => partition.done);
  const refused = feeder.refused.length;
  for (const { body, why } of feeder.refused) screen.note(`! SQS refuses ${body}: ${why}`);
  const result = {
    sent,
    sentBefore,
    again,
    skipped,
    refused,
    seconds: feeding,
    lanes: feeder.sent,
  };
  if (!done) return { ...result, interrupted: true };
  await removeCheckpoint(options.checkpoint);
  if (!options.wait) return { ...result, interrupted: false };
  {
    let left = 0;
    using _progress = showRepeatedly(screen, () => [
      `all are sent; ${many(left, "message")} left in the lanes`,
    ]);
    await untilDrained(connection, signal, ({ lanes: messages }) => {
      left = messages;
    });
  }
  const seconds = elapsed();
  const deadLetters = await deadLettersOf(checkpoint.run, connection, signal);
  if (sent >= ENOUGH_JOBS && before.lanes < sent / 10 && !signal.aborted) {
    const rate = { perSecond: sent / seconds, at: Date.now() };
    await rememberRate(options.connection.data, connection.where, rate);
  }
  const drained = { ...result, deadLetters, drainedSeconds: seconds };
  if (stale === undefined || signal.aborted) return { ...drained, interrupted: signal.aborted };
  let looked = 0;
  using _progress = showRepeatedly(screen, () => [
    `manifests read again: ${thousands(looked)} of ${thousands(checkpoint.total)}`,
  ]);
  const stillStale = await countStillStale(
    prepared,
    { recipe, stale, deadLetters },
    signal,
    (now) => {
      looked = now;
    },
  );
  return {
    ...drained,
    interrupted: signal.aborted,
    ...(stillStale !== undefined && { stillStale }),
  };
}
