import { pathToFileURL } from "node:url";
import type { Console } from "@imagefleet/console";
import type { Fleet } from "@imagefleet/local/fleet";
import { type DataFolder, openDataFolder } from "../../connection/data-folder.ts";
import { startError } from "../../connection/start-error.ts";
import { linkText } from "../../console/links.ts";
import { EXIT } from "../../exit-code.ts";
import { type Collected, collect } from "../../files/input/collect.ts";
import { foundText } from "../../files/input/found-text.ts";
import { checkFolder } from "../../files/output/folder.ts";
import { markOutput } from "../../files/output/mark.ts";
import { discardStaged } from "../../files/output/staged-file.ts";
import { readRecipe } from "../../recipe/read.ts";
import { many } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { CopyOut } from "./copy-out.ts";
import { keepRunning } from "./keep-running.ts";
import type { StartOptions } from "./options.ts";
import { type NotUploadedFile, type RunResults, resultsJson } from "./results.ts";
import { runUploads } from "./run-uploads.ts";
import { leftText, reportRun, whereText } from "./summary.ts";

/**
 * `imagefleet start`: runs the whole fleet on this machine, processes images, prints a report.
 *
 * @returns the exit code
 * @throws UsageError, RecipeFileError; PortTaken and others when the fleet does not start
 */
export async function start(options: StartOptions, screen: Screen): Promise<number> {
  await readRecipe(options.recipe);
  const named =
    options.paths.length > 0 ? await collect(options.paths, options.cwd, options.out) : undefined;
  if (options.out !== undefined) {
    await checkFolder("--out", options.out);
    await markOutput(options.out);
  }
  await using data = await openDataFolder(options.data, options.fresh);

  // A late import: `render` and `--help` need neither the servers nor the SDK.
  const { startFleet } = await import("@imagefleet/local/fleet");
  let fleet: Fleet | undefined;
  using interrupt = onInterrupt(() => {
    killAll(fleet);
    discardStaged();
  });
  try {
    fleet = await startFleet({
      dataDir: data.fleet,
      port: options.port,
      edgePort: options.port && options.port + 1,
      apiPort: options.port && options.port + 2,
      recipe: pathToFileURL(options.recipe),
      catalog: true,
      corsOrigins: options.corsOrigins,
    });
  } catch (error) {
    throw await startError(error, options.data, data.fleet);
  }
  let ended: Run;
  try {
    await data.announce(fleet);
    // Made only now, so that a port that is in use is reported first.
    const found = named ?? (await samples(data, screen));
    screen.note(foundText(found));
    ended = await runOn(fleet, found, options, screen, interrupt.signal);
  } finally {
    await fleet.stop();
  }
  screen.report(...leftText(options.out, options.data));
  if (options.json) screen.json(resultsJson(ended.results, ended.notUploaded));
  return exitCode(ended);
}

interface Run {
  readonly results: RunResults;
  readonly notUploaded: readonly NotUploadedFile[];
}

async function runOn(
  fleet: Fleet,
  found: Collected,
  options: StartOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<Run> {
  screen.note(`S3 and SQS at ${fleet.endpoint}, data in ${options.data}`);
  signal.addEventListener("abort", () => {
    screen.note("Stopping after the jobs in flight (press Ctrl-C again to stop at once)");
  });
  fleet.onNotice((text) => screen.warn(text));
  const { run, notUploaded, queued } = await runUploads(fleet, found.sources, screen, signal);
  const copyOut = options.out === undefined ? undefined : new CopyOut(options.out, fleet);
  if (copyOut !== undefined) await copyAll(copyOut, run, screen);
  const failed = [...found.unreadable, ...notUploaded.failed];
  reportRun(run, { ...notUploaded, failed }, queued, screen);
  if (!options.once && !signal.aborted) {
    screen.report(...whereText(fleet, options.out));
    await using opened = await consoleOf(options);
    // Enter gives no other one here: a start in the background would be stopped when it reads.
    screen.verbatim(linkText(opened));
    await keepRunning(fleet, copyOut, screen, signal);
  }
  return {
    results: run,
    notUploaded: [
      ...failed.map(({ file, why }) => ({ file, message: why })),
      ...notUploaded.left.map(({ file }) => ({ file, message: "interrupted before its upload" })),
    ],
  };
}

/** The console of this fleet; on any free port when its own is in use. */
async function consoleOf({ port, data, recipe, ...options }: StartOptions): Promise<Console> {
  const { openConsole } = await import("../../console/open.ts");
  const { invocation, cwd, defaults } = options;
  const all = {
    connection: { data },
    data: defaults.data,
    recipe: recipe === defaults.recipe ? undefined : recipe,
    readOnly: false,
    invocation,
    cwd,
  };
  const own = port && port + 3;
  try {
    return await openConsole({ ...all, port: own });
  } catch (error) {
    if (own === 0 || !(error instanceof UsageError)) throw error;
    return openConsole({ ...all, port: 0 });
  }
}

async function copyAll(copyOut: CopyOut, { results }: RunResults, screen: Screen): Promise<void> {
  let copied = 0;
  using _progress = showRepeatedly(screen, () => [
    `copying to ${copyOut.dir}: ${copied} of ${many(results.length, "source")}`,
  ]);
  for (const { key, outcome } of results) {
    await copyOut.copy(key, outcome);
    copied++;
  }
}

function exitCode({ results, notUploaded }: Run): number {
  if (notUploaded.length > 0 || results.unfinished.length > 0) return EXIT.failed;
  return results.deadLetters.length > 0 ? EXIT.deadLetters : EXIT.done;
}

async function samples(data: DataFolder, screen: Screen): Promise<Collected> {
  screen.note(
    "No folder given: generating sample images, one over 20 MB, one corrupt (once, up to half a minute) …",
  );
  const { generateSamples } = await import("@imagefleet/local/samples");
  return collect(await generateSamples(data.samples), data.samples);
}

function killAll(fleet: Fleet | undefined): void {
  const { functions = [], workers = [] } = fleet?.processes() ?? {};
  for (const pid of [...functions, ...workers]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The process has ended already.
    }
  }
}
