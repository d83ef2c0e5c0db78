import type { Connection } from "../../connection/connect.ts";
import { EXIT } from "../../exit-code.ts";
import { shellWord } from "../../invocation.ts";
import { confirm } from "../../terminal/confirm.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many } from "../../terminal/thousands.ts";
import { removeCheckpoint } from "./checkpoint.ts";
import { type Counted, forecastText, forecastUsd } from "./forecast.ts";
import type { ReprocessOptions, RunContext } from "./options.ts";
import { countAll, type Prepared } from "./prepare.ts";
import { measuredRate } from "./rates.ts";

/** Counts, tells, asks. @returns the exit code when nothing is to be done */
export async function confirmRun(
  { checkpoint, partitions }: Prepared,
  { recipe, stale }: RunContext,
  options: ReprocessOptions,
  connection: Connection,
  screen: Screen,
  signal: AbortSignal,
): Promise<number | undefined> {
  const counted: Counted = { sources: 0, bytes: 0, large: 0, others: 0, lists: 0 };
  const { selection } = checkpoint;
  const target = `s3://${selection.bucket}/${selection.prefix}`;
  // Manifests are read once: when jobs are sent, or for a dry run that sends none.
  const exact = options.dryRun && stale !== undefined ? { stale } : {};
  {
    using _progress = showRepeatedly(screen, () => [
      `counting: ${many(counted.sources, "source")}`,
    ]);
    await countAll(partitions, { selection, recipe, ...exact }, signal, counted);
  }
  if (signal.aborted) return EXIT.interrupted;
  checkpoint.total = counted.sources;
  const rate = await measuredRate(options.connection.data, connection.where);
  const atMost = stale !== undefined && !options.dryRun;
  const renditions = recipe.presets.length;
  const lines = forecastText(counted, rate, atMost, {
    isLocal: connection.consistencyDelaySeconds === 0,
    renditions,
  });
  const head = `Reprocess ${target} at ${connection.where}`;
  const tell = options.dryRun && !options.json ? screen.report.bind(screen) : tellAll(screen);
  tell(options.dryRun ? screen.paint("bold", head) : screen.tint("bold", head), ...lines);
  if (options.dryRun || counted.sources === 0) {
    await removeCheckpoint(options.checkpoint);
    if (options.json) {
      const cost = { usd: forecastUsd(counted, renditions), assumed: true };
      screen.json({ version: 1, dryRun: options.dryRun, ...counted, ...cost });
    } else {
      screen.note(counted.sources === 0 ? "Nothing to do." : "A dry run: nothing was sent.");
      // A listing alone can be sampled: of a file of keys it would forecast the whole bucket.
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

/** How long it takes, and what, is known better from a sample. */
function estimateHint(target: string, recipe: string | undefined, { command }: Screen): string[] {
  const named = recipe === undefined ? "" : ` --recipe ${shellWord(recipe)}`;
  return ["Forecast from a sample:", `  ${command(`estimate ${shellWord(target)}${named}`)}`];
}

function tellAll(screen: Screen): (...lines: string[]) => void {
  return (...lines) => {
    for (const line of lines) screen.note(line);
  };
}
