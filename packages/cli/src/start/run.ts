import { pathToFileURL } from "node:url";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import type { Fleet } from "@imagefleet/local/fleet";
import { EXIT } from "../exit-code.ts";
import { type Collected, collect } from "../input/collect.ts";
import type { Unreadable } from "../input/walk.ts";
import { foundText } from "../view/progress.ts";
import type { Screen } from "../view/screen.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { onInterrupt } from "./interrupt.ts";
import { Mirror } from "./mirror.ts";
import type { StartOptions } from "./options.ts";
import { type RunResults, resultsJson } from "./results.ts";
import { stay } from "./stay.ts";
import { reportRun } from "./summary.ts";
import { work } from "./work.ts";

/**
 * `imagefleet start`: the whole fleet on this machine, a folder through it, a report.
 *
 * @returns the exit code
 * @throws WrongUse, RecipeFileError; PortTaken and others when the fleet does not start
 */
export async function start(options: StartOptions, screen: Screen): Promise<number> {
  await loadRecipe(options.recipe);
  const named = options.paths.length > 0 ? await collect(options.paths, options.cwd) : undefined;
  const data = await openDataFolder(options.data, options.fresh);
  const found = named ?? (await samples(data, screen));
  screen.note(foundText(found.sources.length, found.skipped));

  // Loaded late: `render` and `--help` need neither servers nor SDK.
  const { startFleet } = await import("@imagefleet/local/fleet");
  let fleet: Fleet | undefined;
  using interrupt = onInterrupt(() => killAll(fleet));
  fleet = await startFleet({
    dataDir: data.fleet,
    port: options.port,
    recipe: pathToFileURL(options.recipe),
  });
  try {
    await data.claim();
    return await runOn(fleet, found, options, screen, interrupt.signal);
  } finally {
    await fleet.stop();
    await data.release();
  }
}

async function runOn(
  fleet: Fleet,
  found: Collected,
  options: StartOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<number> {
  screen.note(`S3 and SQS at ${fleet.endpoint}, data in ${options.data}`);
  signal.addEventListener("abort", () => {
    screen.note("Stopping when what is in hand is finished (Ctrl-C again: at once)");
  });
  fleet.onNotice((text) => screen.note(screen.tint("yellow", `! ${text}`)));
  const { run, failed } = await work(fleet, found.sources, screen, signal);
  const unreadable = [...found.unreadable, ...failed];
  const mirror = options.out === undefined ? undefined : new Mirror(options.out, fleet);
  for (const { key, outcome } of run.results) await mirror?.copy(key, outcome);
  reportRun(run, unreadable, fleet, options.out, screen);
  if (!options.once && !signal.aborted) await stay(fleet, mirror, screen, signal);
  if (options.json) screen.json(resultsJson(run));
  return exitCode(run, unreadable);
}

function exitCode(run: RunResults, unreadable: readonly Unreadable[]): number {
  if (unreadable.length > 0 || run.unfinished.length > 0) return EXIT.failed;
  return run.deadLetters.length > 0 ? EXIT.deadLetters : EXIT.done;
}

async function samples(data: DataFolder, screen: Screen): Promise<Collected> {
  screen.note("No folder given: sample pictures are made, one over 20 MB, one corrupt …");
  const { generateSamples } = await import("@imagefleet/local/samples");
  return collect(await generateSamples(data.samples), data.samples);
}

function killAll(fleet: Fleet | undefined): void {
  const { functions = [], worker } = fleet?.processes() ?? {};
  for (const pid of worker === undefined ? functions : [...functions, worker]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
