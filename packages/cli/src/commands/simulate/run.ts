import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { configureCodec } from "@imagefleet/core/image";
import {
  DEFAULT_SETTINGS,
  dailyRate,
  deploymentFor,
  type Load,
  type ScaleSettings,
  type SimulationResult,
  simulate,
  type Work,
} from "@imagefleet/simulation";
import type { ConnectionOptions } from "../../connection/options.ts";
import { stageSettings } from "../../connection/stage/settings.ts";
import { EXIT } from "../../exit-code.ts";
import { readRecipe } from "../../recipe/read.ts";
import { measure } from "../../sample/measure.ts";
import { sampleOf } from "../../sample/sample.ts";
import { many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { costOf } from "./cost.ts";
import { page } from "./page.ts";
import { type Report, reportJson, reportText } from "./report.ts";

export interface SimulateOptions {
  readonly connection: ConnectionOptions;
  readonly json?: boolean | undefined;
  readonly recipe: string;
  readonly targets: readonly string[];
  readonly cwd: string;
  readonly perDay?: number | undefined;
  readonly peak: number;
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

/**
 * An image of the shipped recipe, by `npm run bench -- price` and `-- large`: CPU time, s, with the spread of
 * photos of 2 to 24 megapixels around it.
 */
const SHIPPED = { seconds: 0.461, renditions: 6, largeSeconds: 20 } as const;
const SPREAD = [0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2] as const;

/** `imagefleet simulate`: predicts waits, alarms and cost of a load. */
export async function simulateCommand(options: SimulateOptions, screen: Screen): Promise<number> {
  const { load: uploads, title } = await loadOf(options);
  const load = { ...uploads, requests: options.requests };
  const settings = await settingsOf(options);
  const { work, basis } = await workOf(options, screen);
  const run = (changed: ScaleSettings, seed: number, onProgress?: (share: number) => void) =>
    simulate({
      deployment: deploymentFor(changed),
      load,
      work,
      seed,
      accountConcurrency: options.account,
      eventDelay: options.eventDelay,
      ...(onProgress && { onProgress }),
    });
  const found = options.find === undefined ? settings : find(options, settings, run);
  const results: SimulationResult[] = [];
  {
    let share = 0;
    using _progress = showRepeatedly(screen, () => [
      `simulating: ${Math.floor((100 * (results.length + share)) / options.seeds)} %`,
    ]);
    for (let at = 0; at < options.seeds; at++) {
      // Lets the terminal show the progress.
      await new Promise((resolved) => setImmediate(resolved));
      results.push(
        run(found, options.seed + at, (done) => {
          share = done;
        }),
      );
      share = 0;
    }
  }
  const [result] = results;
  if (result === undefined) throw new Error("nothing was simulated");
  const renditions = work.reduce((sum, each) => sum + each.renditions, 0) / work.length;
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
  if (options.html !== undefined) {
    const file = resolve(options.cwd, options.html);
    await writeFile(file, page(report, result));
    screen.note(`wrote ${options.html}`);
  }
  if (options.json) screen.json(reportJson(report, result));
  else screen.report(...reportText(report, result, screen));
  return EXIT.done;
}

async function loadOf(options: SimulateOptions): Promise<{ load: Load; title: string }> {
  const { perDay, peak, burst = 0, backfill, existing, recover, load: file } = options;
  const given = Object.entries({ perDay, burst: options.burst, backfill, existing, recover, file })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length !== 1) {
    throw new UsageError(
      `${given.length === 0 ? "no load is named" : "more than one load is named"}: use one of --per-day, --burst, --backfill, --existing, --recover and --load`,
    );
  }
  const even = { seconds: 0, rate: () => options.uploads, most: options.uploads };
  if (perDay !== undefined) {
    const rate = dailyRate(perDay / DAY, peak);
    return {
      load: { seconds: DAY, rate, most: rate(DAY / 2), burst: 0, backfill: 0 },
      title: `A day of ${thousands(perDay)} uploads, at most ${peak} times the mean`,
    };
  }
  if (file !== undefined) return hourly(file, options.cwd);
  const images = backfill ?? existing ?? recover ?? 0;
  const what = existing !== undefined ? "existing images" : "images of a reprocess";
  // Uploads go on until the reprocess has ended, whenever that is.
  const meanwhile = options.uploads > 0 ? { ...even, seconds: Number.POSITIVE_INFINITY } : even;
  return {
    load: { ...meanwhile, burst, backfill: images },
    title:
      burst > 0
        ? `${thousands(burst)} uploads at once`
        : recover !== undefined
          ? `${many(images, "image")} rebuilt after a loss`
          : `${thousands(images)} ${what}${options.uploads > 0 ? `, and ${options.uploads} uploads a second` : ""}`,
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
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const [first = ""] = lines;
  // A line of titles may come first, and an hour's name before its number.
  const rows = /\d\s*$/.test(first) ? lines : lines.slice(1);
  const hours = rows.map((row, at) => {
    const cell =
      row
        .split(/[,;\t]/)
        .at(-1)
        ?.trim() ?? "";
    if (/^\d+(\.\d+)?$/.test(cell)) return Number(cell);
    throw new UsageError(
      `--load ${file}: hour ${at + 1} is ${JSON.stringify(row)}: write the hour's uploads as a number, alone or in the last column`,
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

async function workOf(
  options: SimulateOptions,
  screen: Screen,
): Promise<{ work: readonly [Work, ...Work[]]; basis: string }> {
  const { large, targets, cpu, renditions = SHIPPED.renditions } = options;
  if (targets.length === 0) {
    const seconds = cpu === undefined ? SHIPPED.seconds : cpu / 1000;
    const small = SPREAD.map(
      (times): Work => ({ lane: "small", cpuSeconds: times * seconds, renditions }),
    );
    const takes = cpu === undefined ? "takes what the shipped recipe takes" : "is assumed to take";
    return {
      work: mixed(small, large),
      basis: `An image ${takes}: ${seconds * 1000} ms of CPU on average, and ${many(renditions, "rendition")}.`,
    };
  }
  const recipe = await readRecipe(options.recipe);
  using interrupt = onInterrupt(() => undefined);
  const measured: Work[] = [];
  const rejected: string[] = [];
  using progress = showRepeatedly(screen, () => [
    `rendering a sample: ${measured.length + rejected.length} of ${options.sample} at most`,
  ]);
  await using found = await sampleOf(targets, {
    ...options,
    recipe,
    size: options.sample,
    onCount: () => undefined,
  });
  configureCodec({ threads: 1 });
  for await (const file of found.sample) {
    const result = await measure(file, recipe, measured.length, interrupt.signal);
    if (typeof result === "string") rejected.push(result);
    else measured.push(result);
  }
  progress[Symbol.dispose]();
  const [first, ...others] = measured;
  if (first === undefined) {
    throw new UsageError(
      `none of the ${many(rejected.length, "image")} in the sample can be rendered (${[...new Set(rejected)].join(", ")}): name other images`,
    );
  }
  return {
    work: large > 0 ? mixed(measured, large) : [first, ...others],
    basis: `Measured with ${many(measured.length, "image")} on the CPU of this machine; another CPU may take half or twice as long.`,
  };
}

/** Small images, and so many large ones among them. */
function mixed(small: readonly Work[], share: number): readonly [Work, ...Work[]] {
  const one: Work = {
    lane: "large",
    cpuSeconds: SHIPPED.largeSeconds,
    renditions: SHIPPED.renditions,
  };
  const [first = one, ...others] = small;
  if (share === 0) return [first, ...others];
  const count = Math.round((share * small.length * 100) / Math.max(0.01, 1 - share));
  const smalls = Array.from({ length: 100 }, () => small).flat();
  return [one, ...Array.from({ length: Math.max(0, count - 1) }, () => one), ...smalls];
}

/** The smallest value of a setting with which the 95th percentile holds: it falls with each function. */
function find(
  { find: setting, p95, seed }: SimulateOptions,
  settings: ScaleSettings,
  run: (settings: ScaleSettings, seed: number) => SimulationResult,
): ScaleSettings {
  if (p95 === undefined) throw new UsageError("--find needs --p95, such as --p95 60");
  const isFunctions = setting === "functionConcurrency";
  const withValue = (value: number): ScaleSettings =>
    isFunctions
      ? { ...settings, functionConcurrency: value, pollers: undefined }
      : { ...settings, workerTasks: value };
  const holds = (value: number): boolean => {
    const result = run(withValue(value), seed);
    return (isFunctions ? result.small : result.large).p95 <= p95;
  };
  let [low, high] = [isFunctions ? 2 : 1, 1000];
  if (!holds(high)) {
    throw new UsageError(
      `--p95 ${p95} cannot be held: with ${setting} ${high} it is ${run(withValue(high), seed)[isFunctions ? "small" : "large"].p95.toFixed(1)} s; try --pollers, which start at once`,
    );
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return withValue(low);
}
