import { EXIT } from "../../exit-code.ts";
import { shellWord } from "../../invocation.ts";
import { confirm } from "../../terminal/confirm.ts";
import { many } from "../../terminal/format.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { removeCheckpoint } from "./checkpoint.ts";
import {
  type Counted,
  forecastText,
  forecastUsd,
  measuredRate,
  mostRenditions,
} from "./forecast.ts";
import { countAll, type RunContext } from "./prepare.ts";

/** Counts the sources, prints the forecast, asks. @returns the exit code when nothing is to be sent */
export async function confirmRun(context: RunContext): Promise<number | undefined> {
  const { checkpoint, recipe, stale, options, connection, screen, signal } = context;
  const counted: Counted = { sources: 0, bytes: 0, large: 0, others: 0, lists: 0 };
  const { selection } = checkpoint;
  const target = `s3://${selection.bucket}/${selection.prefix}`;
  {
    using _progress = showRepeatedly(screen, () => [
      `counting: ${many(counted.sources, "source")}`,
    ]);
    await countAll(context, counted);
  }
  if (signal.aborted) return EXIT.interrupted;
  checkpoint.total = counted.sources;
  const rate = await measuredRate(options.connection.data, connection.where);
  const atMost = stale !== undefined && !options.dryRun;
  const renditions = mostRenditions(recipe);
  const lines = forecastText(counted, rate, atMost, {
    isLocal: connection.consistencyDelaySeconds === 0,
    renditions,
  });
  const head = `Reprocess ${target} at ${connection.where}`;
  // The forecast is the result of a dry run, and a note before a real one.
  if (options.dryRun && !options.json) screen.report(screen.paint("bold", head), ...lines);
  else for (const line of [screen.tint("bold", head), ...lines]) screen.note(line);
  if (options.dryRun || counted.sources === 0) {
    await removeCheckpoint(options.checkpoint);
    if (options.json) {
      const cost = { usd: forecastUsd(counted, renditions), assumed: true };
      screen.json({ version: 1, dryRun: options.dryRun, ...counted, ...cost });
    } else {
      screen.note(counted.sources === 0 ? "There is nothing to do." : "Dry run: nothing was sent.");
      // Only a listing can be sampled: for a file of keys it would forecast the whole bucket.
      if (counted.sources > 0 && rate === undefined && selection.from === undefined) {
        screen.report("", ...estimateHint(target, options.recipeNamed, screen));
      }
    }
    return EXIT.done;
  }
  const question = `Enqueue ${atMost ? "at most " : ""}${many(counted.sources, "source")} at ${connection.where}?`;
  if (await confirm(question, options.yes, screen, signal)) return undefined;
  await removeCheckpoint(options.checkpoint);
  screen.note("Nothing was sent.");
  return signal.aborted ? EXIT.interrupted : EXIT.failed;
}

/** The command that measures duration and cost. */
function estimateHint(target: string, recipe: string | undefined, { command }: Screen): string[] {
  const named = recipe === undefined ? "" : ` --recipe ${shellWord(recipe)}`;
  return [
    "To measure duration and cost on a sample:",
    `  ${command(`estimate ${shellWord(target)}${named}`)}`,
  ];
}
