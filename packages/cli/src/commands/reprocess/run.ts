import { connect } from "../../connection/connect.ts";
import { EXIT } from "../../exit-code.ts";
import { Feeder } from "../../feed/feeder.ts";
import { lock } from "../../files/lock.ts";
import { discardStaged } from "../../files/output/staged-file.ts";
import { limitHeap } from "../../limit-heap.ts";
import { readRecipe } from "../../recipe/read.ts";
import { requirePerson } from "../../terminal/confirm.ts";
import { costSoFar, many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Checkpoint, checkpointWriter, removeCheckpoint, storedKeys } from "./checkpoint.ts";
import { confirmRun } from "./confirm-run.ts";
import { countStale } from "./count-stale.ts";
import { forEachPage } from "./for-each-page.ts";
import { ENOUGH_JOBS, forecastUsd, mostRenditions, rememberRate } from "./forecast.ts";
import type { ReprocessOptions } from "./options.ts";
import { newRun, type RunContext, resumeRun, staleCheck } from "./prepare.ts";
import { progressLines } from "./progress.ts";
import { type Drained, type Fed, outcomeText, type RunResult, resultJson } from "./result.ts";
import { isSelected } from "./selection.ts";
import { deadLettersOf, depthsOf, untilDrained } from "./wait.ts";

/** Two runs with one checkpoint would each send everything and overwrite each other's progress. */
const LOCKED = {
  option: "--checkpoint",
  held: (who: string) =>
    `another run is active${who}: wait until it ends, or stop it with Ctrl-C and continue it with --resume; to run both, give this one its own --checkpoint.`,
};

/** `imagefleet reprocess`: enqueues jobs for existing sources, no faster than the fleet does them. */
export async function reprocess(options: ReprocessOptions, screen: Screen): Promise<number> {
  if (!options.resume && !options.dryRun) {
    requirePerson(options.yes, "reprocess asks before it sends", "or --dry-run to only count");
  }
  limitHeap();
  const recipe = await readRecipe(options.recipe);
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(discardStaged);
  const { signal } = interrupt;
  // A dry run records nothing that could be resumed.
  await using _lock = options.dryRun ? undefined : await lock(`${options.checkpoint}.lock`, LOCKED);
  await using _keys = storedKeys(options.checkpoint);
  const prepared = options.resume
    ? await resumeRun(options.checkpoint, connection)
    : await newRun(options, connection, recipe);
  const stale = await staleCheck(prepared.checkpoint.selection, connection, recipe);
  const context = { ...prepared, recipe, stale, options, connection, screen, signal };
  if (options.resume) {
    const { sent } = prepared.checkpoint;
    const again = againOf(prepared.checkpoint);
    const resent = again > 0 ? `, of which ${thousands(again)} are sent again` : "";
    screen.note(`Resuming: ${many(sent, "source")} sent before${resent}`);
  } else {
    const exitCode = await confirmRun(context);
    if (exitCode !== undefined) return exitCode;
  }
  const result = await run(context);
  if (options.json) screen.json(resultJson(result));
  else screen.report(...outcomeText(result, options, screen));
  if (result.interrupted) return EXIT.interrupted;
  if (result.refused > 0) return EXIT.failed;
  const left = (result.deadLetters?.length ?? 0) + (result.stillStale ?? 0);
  return left > 0 ? EXIT.deadLetters : EXIT.done;
}

/** How many of the sent sources lie after the marks, and so are sent again. */
function againOf({ sent, passed }: Checkpoint): number {
  return Math.max(0, sent - (passed?.sent ?? sent));
}

async function run(context: RunContext): Promise<RunResult> {
  const { options, signal } = context;
  const start = { depths: await depthsOf(context.connection), at: performance.now() };
  const fed = await feed(context, start);
  if (!context.checkpoint.partitions.every(({ done }) => done))
    return { ...fed, interrupted: true };
  await removeCheckpoint(options.checkpoint);
  if (!options.wait) return { ...fed, interrupted: false };
  const drained = { ...fed, ...(await drain(context, start, fed)) };
  const stillStale = signal.aborted ? undefined : await verify(context, drained);
  return {
    ...drained,
    interrupted: signal.aborted,
    ...(stillStale !== undefined && { stillStale }),
  };
}

/** The state of the lanes when a run started, and when that was, ms of the process. */
interface Start {
  readonly depths: Awaited<ReturnType<typeof depthsOf>>;
  readonly at: number;
}

function secondsSince(start: Start): number {
  return (performance.now() - start.at) / 1000;
}

/** Sends the jobs of all selected sources, and keeps the checkpoint up to date. */
async function feed(context: RunContext, start: Start): Promise<Fed> {
  const { checkpoint, partitions, recipe, stale, options, connection, screen, signal } = context;
  const { bucket, force } = checkpoint.selection;
  const { small, large } = await connection.lanes();
  const feeder = new Feeder({
    queues: { small: small.queue, large: large.queue },
    recipe,
    maxDepth: options.maxDepth,
    consumers: connection.consumers,
    group: "reprocess",
    signal,
  });
  const sentBefore = checkpoint.sent;
  const again = againOf(checkpoint);
  const passed = { ...(checkpoint.passed ?? { sent: sentBefore, skipped: 0 }) };
  const passedBefore = passed.sent + passed.skipped;
  checkpoint.passed = passed;
  const sent = () => feeder.sent.small + feeder.sent.large;
  let skipped = 0;
  let lists = 0;
  const isLocal = connection.consistencyDelaySeconds === 0;
  try {
    await using _checkpoint = checkpointWriter(options.checkpoint, () => {
      checkpoint.sent = sentBefore + sent();
      return checkpoint;
    });
    using _progress = showRepeatedly(screen, async () => {
      const handled = sent() + skipped;
      const { deadLetters } = await depthsOf(connection);
      const progress = {
        handled: passedBefore + handled,
        // Uploads since the count are sent as well.
        total: Math.max(checkpoint.total, passedBefore + handled),
        perSecond: handled / secondsSince(start),
        depth: feeder.depth,
        deadLetters: Math.max(0, deadLetters - start.depths.deadLetters),
        cost: costSoFar(
          forecastUsd({ sources: sent(), large: feeder.sent.large, lists }, mostRenditions(recipe)),
          isLocal,
        ),
      };
      return progressLines(progress, screen.isLive, screen.tint);
    });
    await forEachPage(
      partitions,
      checkpoint.partitions,
      async ({ sourceKeys }) => {
        lists++;
        const selected = sourceKeys.filter((each) =>
          isSelected(each, checkpoint.selection, recipe),
        );
        const chosen = stale === undefined ? selected : await stale.of(selected);
        const page = { sent: chosen.length, skipped: selected.length - chosen.length };
        skipped += page.skipped;
        const jobs = chosen.map(({ key, bytes }) => ({
          bucket,
          force,
          run: checkpoint.run,
          key,
          ...(bytes !== undefined && { bytes }),
          mayHaveRun: false,
        }));
        return (await feeder.feed(jobs)) ? page : undefined;
      },
      signal,
      (page) => {
        passed.sent += page.sent;
        passed.skipped += page.skipped;
      },
    );
    for (const { body, why } of feeder.refused) screen.note(`! SQS refuses ${body}: ${why}`);
    return {
      sent: sent(),
      sentBefore,
      again,
      skipped,
      refused: feeder.refused.length,
      seconds: secondsSince(start),
      lanes: feeder.sent,
    };
  } catch (error) {
    screen.note(`The run stopped; --resume continues it from ${options.checkpoint}`);
    throw error;
  }
}

/** Waits until the lanes are empty, and reads the run's dead letters. */
async function drain(
  { checkpoint, options, connection, screen, signal }: RunContext,
  start: Start,
  { sent }: Fed,
): Promise<Drained> {
  {
    let left = 0;
    using _progress = showRepeatedly(screen, () => [
      `all sources are sent; ${many(left, "message")} left in the lanes`,
    ]);
    await untilDrained(connection, signal, ({ lanes }) => {
      left = lanes;
    });
  }
  const seconds = secondsSince(start);
  const deadLetters = await deadLettersOf(checkpoint.run, connection, signal);
  if (sent >= ENOUGH_JOBS && start.depths.lanes < sent / 10 && !signal.aborted) {
    const rate = { perSecond: sent / seconds, at: Date.now() };
    await rememberRate(options.connection.data, connection.where, rate);
  }
  return { deadLetters, drainedSeconds: seconds };
}

/** Reads the manifests again. @returns how many sources are still stale, if the run checks that */
async function verify(context: RunContext, { deadLetters }: Drained): Promise<number | undefined> {
  const { checkpoint, stale, screen } = context;
  if (stale === undefined) return undefined;
  let checked = 0;
  using _progress = showRepeatedly(screen, () => [
    `reading manifests again: ${thousands(checked)} of ${thousands(checkpoint.total)}`,
  ]);
  return await countStale(context, stale, deadLetters, (now) => {
    checked = now;
  });
}
