import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { functionSeconds } from "@imagefleet/core/prices";
import {
  DEFAULT_SETTINGS,
  dailyRate,
  deploymentFor,
  type LargeShare,
  type Load,
  type ScaleSettings,
  type SimulationResult,
  simulate,
  WAIT_SECONDS,
  type Work,
} from "@imagefleet/simulation";
import type { ConnectionOptions } from "../../connection/options.ts";
import { stageSettings } from "../../connection/stage/settings.ts";
import { EXIT } from "../../exit-code.ts";
import { whyUnwritable } from "../../files/fs-error.ts";
import { writeWhole } from "../../files/output/staged-file.ts";
import { readRecipe } from "../../recipe/read.ts";
import { measureSample } from "../../sample/measure.ts";
import { many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { costOf } from "./cost.ts";
import { page } from "./page.ts";
import { capacityText, type Report, reportJson, reportText } from "./report.ts";

export interface SimulateOptions {
  readonly connection: ConnectionOptions;
  readonly json?: boolean | undefined;
  readonly recipe: string;
  readonly targets: readonly string[];
  readonly cwd: string;
  readonly perDay?: number | undefined;
  readonly peak?: number | undefined;
  readonly burst?: number | undefined;
  readonly backfill?: number | undefined;
  /** A second. */
  readonly uploads: number;
  /** Renditions made on request a second. */
  readonly requests: number;
  readonly existing?: number | undefined;
  readonly recover?: number | undefined;
  readonly load?: string | undefined;
  readonly stage?: string | undefined;
  readonly functions?: number | undefined;
  readonly pollers?: { readonly min: number; readonly max: number } | undefined;
  readonly tasks?: number | undefined;
  readonly account: number;
  /** CPU time of an image, ms. */
  readonly cpu?: number | undefined;
  readonly renditions?: number | undefined;
  readonly large: number;
  readonly eventDelay: number;
  readonly sample: number;
  readonly find?: "functionConcurrency" | "workerTasks" | undefined;
  readonly p95?: number | undefined;
  readonly seed: number;
  readonly seeds: number;
  readonly html?: string | undefined;
}

const DAY = 24 * 3600;
/** A year. */
const MOST_HOURS = 366 * 24;

/**
 * An image of the shipped recipe, by `npm run bench -- price` and `-- large`: CPU time, s, with the spread of
 * photos of 2 to 24 megapixels around it.
 */
const SHIPPED = { seconds: 0.461, renditions: 6, largeSeconds: 20 } as const;
const SPREAD = [0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2] as const;

type Run = (settings: ScaleSettings, seed: number) => Promise<SimulationResult>;

/** `imagefleet simulate`: predicts waits, alarms and cost of a load. */
export async function simulateCommand(options: SimulateOptions, screen: Screen): Promise<number> {
  checkOptions(options);
  const { load: uploads, title } = await loadOf(options);
  const load = { ...uploads, requests: options.requests };
  const settings = await settingsOf(options);
  checkCapacity(options, settings);
  const html = options.html === undefined ? undefined : resolve(options.cwd, options.html);
  if (html !== undefined) await checkWritable(html, options.html ?? "");
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const known = await workOf(options, screen, signal);
  if (known === undefined) return EXIT.interrupted;
  const { work, basis } = known;
  const renditions = work.reduce((sum, each) => sum + each.renditions, 0) / work.length;
  const large: LargeShare | undefined =
    options.large === 0
      ? undefined
      : {
          share: options.large,
          work: { lane: "large", cpuSeconds: SHIPPED.largeSeconds, renditions },
        };
  let [runs, share] = [0, 0];
  const run: Run = async (changed, seed) => {
    const result = await simulate({
      deployment: deploymentFor(changed),
      load,
      work,
      large,
      seed,
      accountConcurrency: options.account,
      eventDelay: options.eventDelay,
      onProgress: async (done) => {
        share = done;
        // Lets the terminal show the progress, and an interrupt be seen.
        await new Promise((resolved) => setImmediate(resolved));
        signal.throwIfAborted();
      },
    });
    runs += 1;
    return result;
  };
  using progress = showRepeatedly(screen, () => [
    `simulating: ${Math.floor(100 * share)} %${options.find === undefined && options.seeds === 1 ? "" : ` of run ${runs + 1}`}`,
  ]);
  let found = settings;
  const results: SimulationResult[] = [];
  try {
    if (options.find !== undefined) found = await find(options, settings, run);
    for (let at = 0; at < options.seeds; at++) results.push(await run(found, options.seed + at));
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
  progress[Symbol.dispose]();
  const [result] = results;
  if (result === undefined) throw new Error("nothing was simulated");
  const report: Report = {
    title,
    basis,
    settings: found,
    found: options.find,
    p95: options.p95,
    seed: options.seed,
    results,
    cost: costOf(result, found, renditions),
  };
  if (html !== undefined) {
    await writeWhole(html, Buffer.from(page(report, result)));
    screen.note(`wrote ${options.html}`);
  }
  if (options.json) screen.json(reportJson(report, result));
  else screen.report(...reportText(report, result, screen));
  return EXIT.done;
}

/** @throws UsageError for options that contradict each other, or that would change nothing */
function checkOptions(options: SimulateOptions): void {
  const { perDay, peak, uploads, backfill, existing, recover } = options;
  const { functions, pollers, find: wanted, p95, cpu, renditions, targets } = options;
  const unless = (isGiven: boolean, isRight: boolean, message: string): void => {
    if (isGiven && !isRight) throw new UsageError(message);
  };
  const isReprocess = (backfill ?? existing ?? recover) !== undefined;
  unless(
    uploads > 0,
    isReprocess,
    "--uploads needs --backfill, --existing or --recover: it is the uploads a second while those are made",
  );
  unless(
    peak !== undefined,
    perDay !== undefined,
    "--peak needs --per-day: it is the day's busiest moment",
  );
  unless(
    functions !== undefined,
    pollers === undefined,
    "--functions and --pollers exclude each other, as in the settings: leave one out",
  );
  unless(
    p95 !== undefined,
    wanted !== undefined,
    "--p95 needs --find: it is what the setting has to hold",
  );
  unless(wanted !== undefined, p95 !== undefined, "--find needs --p95, such as --p95 60");
  unless(
    wanted === "functionConcurrency",
    functions === undefined && pollers === undefined,
    "--find functionConcurrency looks for --functions: leave --functions and --pollers out",
  );
  unless(
    wanted === "functionConcurrency",
    !isReprocess || uploads > 0,
    "--find functionConcurrency needs uploads: the images of a reprocess wait for each other; add --uploads",
  );
  unless(
    wanted === "workerTasks",
    options.large > 0 || targets.length > 0,
    "--find workerTasks needs large images: add --large, such as --large 0.01",
  );
  unless(
    cpu !== undefined || renditions !== undefined,
    targets.length === 0,
    "--cpu and --renditions are measured of the images that are named: leave one of the two out",
  );
}

/** @throws UsageError where a reprocess would never end, because uploads alone are too many */
function checkCapacity(
  { uploads, cpu }: SimulateOptions,
  { functionConcurrency = 8, pollers }: ScaleSettings,
): void {
  const functions = pollers ? 10 * pollers.max : functionConcurrency;
  const cpuSeconds = cpu === undefined ? SHIPPED.seconds : cpu / 1000;
  const most = functions / functionSeconds({ cpuSeconds, waitSeconds: WAIT_SECONDS.small });
  if (uploads < 0.95 * most) return;
  throw new UsageError(
    `--uploads ${uploads}: with ${capacityText({ ...DEFAULT_SETTINGS, functionConcurrency, pollers })} the fleet does about ${most.toFixed(0)} images a second, and the reprocess would never end: lower it, or raise --functions`,
  );
}

/** @throws UsageError before the simulation, which may take minutes */
async function checkWritable(file: string, given: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
    const there = await stat(file).catch(() => undefined);
    if (there === undefined || there.isFile()) return;
  } catch (error) {
    throw new UsageError(`--html ${given} cannot be written: ${whyUnwritable(error)}`, {
      cause: error,
    });
  }
  throw new UsageError(`--html ${given} cannot be written: a folder is where a file must be`);
}

async function loadOf(options: SimulateOptions): Promise<{ load: Load; title: string }> {
  const { perDay, peak = 2, burst = 0, backfill, existing, recover, load: file } = options;
  const given = Object.entries({ perDay, burst: options.burst, backfill, existing, recover, file })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length !== 1) {
    throw new UsageError(
      `${given.length === 0 ? "no load is named" : "more than one load is named"}: use one of --per-day, --burst, --backfill, --existing, --recover and --load`,
    );
  }
  if (perDay !== undefined) {
    const rate = dailyRate(perDay / DAY, peak);
    const busiest = peak === 1 ? "evenly spread" : `the busiest moment ${peak} times the mean`;
    return {
      load: { seconds: DAY, rate, most: rate(DAY / 2), burst: 0, backfill: 0 },
      title: `A day with about ${many(perDay, "upload")}, ${busiest}`,
    };
  }
  if (file !== undefined) return hourly(file, options.cwd);
  const images = backfill ?? existing ?? recover ?? 0;
  const meanwhile =
    options.uploads > 0 ? `, and ${many(options.uploads, "upload")} a second meanwhile` : "";
  const titles: readonly (readonly [unknown, string])[] = [
    [options.burst, `${many(burst, "upload")} at once`],
    [recover, `${many(images, "image")} and the catalog rebuilt after a loss${meanwhile}`],
    [existing, `${many(images, "existing image")}${meanwhile}`],
    [backfill, `${many(images, "image")} of a reprocess${meanwhile}`],
  ];
  return {
    load: {
      // Uploads go on until the reprocess has ended.
      seconds: options.uploads > 0 ? Number.POSITIVE_INFINITY : 0,
      rate: () => options.uploads,
      most: options.uploads,
      burst,
      backfill: images,
    },
    title: titles.find(([value]) => value !== undefined)?.[1] ?? "",
  };
}

/** @throws UsageError naming the line that is not a number */
async function hourly(file: string, cwd: string): Promise<{ load: Load; title: string }> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(`--load ${file} cannot be read`, { cause: error });
  }
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .map((line, at) => ({ line, number: at + 1 }))
    .filter(({ line }) => line.trim() !== "");
  // With semicolons or tabs between the cells, a comma is a decimal sign.
  const separator =
    [";", "\t"].find((each) => lines.some(({ line }) => line.includes(each))) ?? ",";
  const cells = lines.map(({ line, number }) => ({
    number,
    line,
    cells: line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")),
  }));
  const [first, ...others] = cells;
  // Titles have no digit in them.
  const rows = first && !/\d/.test(first.line) ? others : cells;
  if (rows.length > MOST_HOURS) {
    throw new UsageError(
      `--load ${file} has ${thousands(rows.length)} hours: name ${thousands(MOST_HOURS)} at most`,
    );
  }
  const hours = rows.map(({ cells: row, line, number }) => {
    const last = row.at(-1) ?? "";
    const plain = separator === "," ? last : last.replace(",", ".");
    if (row.length <= 2 && /^\d+(\.\d+)?$/.test(plain)) return Number(plain);
    throw new UsageError(
      `--load ${file}: line ${number} is ${JSON.stringify(line)}: write the uploads of an hour as a number, alone or after the hour's name and a comma`,
    );
  });
  const total = hours.reduce((sum, each) => sum + each, 0);
  if (total === 0) throw new UsageError(`--load ${file} has no uploads`);
  return {
    load: {
      seconds: hours.length * 3600,
      rate: (at) => (hours[Math.floor(at / 3600)] ?? 0) / 3600,
      most: hours.reduce((most, each) => Math.max(most, each), 0) / 3600,
      burst: 0,
      backfill: 0,
    },
    title: `${many(hours.length, "hour")} with ${thousands(total)} uploads`,
  };
}

async function settingsOf(options: SimulateOptions): Promise<ScaleSettings> {
  const { stage, functions, pollers, tasks, recover } = options;
  const own = stage === undefined ? undefined : await stageSettings(stage);
  const read: ScaleSettings =
    own === undefined
      ? DEFAULT_SETTINGS
      : {
          functionConcurrency: own.functionConcurrency,
          pollers: own.pollers,
          workerTasks: own.workerTasks,
          spot: own.spot,
          onDemandTasks: own.onDemandTasks,
          catalog: own.catalog,
          uploads: own.uploads !== "none",
          invalidate: own.delivery !== "none" && own.delivery.invalidate,
          delivers: own.delivery !== "none",
          distributes: own.delivery !== "none" && own.distribution === undefined,
        };
  return {
    ...read,
    ...(functions !== undefined && { functionConcurrency: functions, pollers: undefined }),
    ...(pollers !== undefined && { functionConcurrency: undefined, pollers }),
    ...(tasks !== undefined && { workerTasks: tasks }),
    // After a loss, the table is rebuilt as well.
    ...(recover !== undefined && { catalog: true }),
  };
}

/** @returns undefined when it was interrupted */
async function workOf(
  options: SimulateOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<{ work: readonly [Work, ...Work[]]; basis: string } | undefined> {
  const { targets, cpu, renditions = SHIPPED.renditions } = options;
  if (targets.length === 0) {
    const seconds = cpu === undefined ? SHIPPED.seconds : cpu / 1000;
    const [one, ...others] = SPREAD.map(
      (times): Work => ({ lane: "small", cpuSeconds: times * seconds, renditions }),
    );
    if (one === undefined) throw new Error("the spread is empty");
    const takes = cpu === undefined ? "takes what the shipped recipe takes" : "is assumed to take";
    return {
      work: [one, ...others],
      basis: `An image ${takes}: ${seconds * 1000} ms of CPU on average, and ${many(renditions, "rendition")}.`,
    };
  }
  const recipe = await readRecipe(options.recipe);
  const sample = await measureSample(targets, { ...options, recipe }, screen, signal);
  if (sample === undefined) return undefined;
  const { measured } = sample;
  return {
    work: measured,
    basis: `Measured with ${many(measured.length, "image")} on the CPU of this machine; another CPU may take half or twice as long.`,
  };
}

/** The smallest value of a setting with which the 95th percentile holds: it falls with each function. */
async function find(
  { find: setting, p95 = 0, seed }: SimulateOptions,
  settings: ScaleSettings,
  run: Run,
): Promise<ScaleSettings> {
  const isFunctions = setting === "functionConcurrency";
  const withValue = (value: number): ScaleSettings =>
    isFunctions
      ? { ...settings, functionConcurrency: value, pollers: undefined }
      : { ...settings, workerTasks: value };
  const waits = async (value: number) => {
    const result = await run(withValue(value), seed);
    return isFunctions ? result.small : result.large;
  };
  let [low, high] = [isFunctions ? 2 : 1, 1000];
  const best = await waits(high);
  if (best.count === 0) throw new UsageError(`--find ${setting}: no image came into its lane`);
  if (best.p95 > p95) {
    const advice = isFunctions ? "; try --pollers, which start at once" : "";
    throw new UsageError(
      `--p95 ${p95} cannot be held: with ${setting} ${high} it is ${best.p95.toFixed(1)} s${advice}`,
    );
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await waits(middle)).p95 <= p95) high = middle;
    else low = middle + 1;
  }
  return withValue(low);
}
