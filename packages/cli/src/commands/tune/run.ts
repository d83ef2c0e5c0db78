import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PRICES } from "@imagefleet/core/prices";
import type { Recipe } from "@imagefleet/core/recipe";
import { millionUsd, type Point } from "@imagefleet/core/tuning";
import type { ConnectionOptions } from "../../connection/options.ts";
import { EXIT } from "../../exit-code.ts";
import { writeWhole } from "../../files/output/staged-file.ts";
import { present } from "../../present.ts";
import { readRecipe } from "../../recipe/read.ts";
import { formatBytes, formatMs, many, thousands, usd } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { outcomesText, tally } from "../../terminal/source-table.ts";
import { type Column, table } from "../../terminal/table.ts";
import { CROP, Encoders } from "../../tuning/encoders.ts";
import { type PreparedSample, prepareSample } from "../../tuning/prepare.ts";
import { TUNED_FORMATS } from "../../tuning/setting.ts";
import { basisText, settingText } from "../../tuning/text.ts";
import { unwrittenText, writeTuned } from "../../tuning/write.ts";
import { UsageError } from "../../usage-error.ts";
import { type Tuned, type TunedPreset, type TuneOptions, tune } from "./tune.ts";

export interface TuneCommandOptions extends Omit<TuneOptions, "crop"> {
  readonly connection: ConnectionOptions;
  readonly json?: boolean | undefined;
  readonly recipe: string;
  readonly targets: readonly string[];
  readonly cwd: string;
  readonly sample: number;
  readonly full?: true | undefined;
  readonly write?: true | undefined;
}

/** With fewer images, one of them decides. */
const FEW = 10;

/** `imagefleet tune`: finds the quality and the effort of each preset for a sample of images. */
export async function tuneCommand(options: TuneCommandOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  checkFormats(options, recipe);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const began = performance.now();
  const state = { listed: 0, prepared: 0, done: 0, known: 0 };
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-tune-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  let sample: PreparedSample;
  let tuned: TunedPreset[];
  try {
    using _progress = showRepeatedly(screen, () => [progressText(state, options.sample)]);
    sample = await prepareSample(
      options.targets,
      {
        ...options,
        recipe,
        folder,
        size: options.sample,
        onCount: (listed) => Object.assign(state, { listed }),
        onPrepared: (prepared) => Object.assign(state, { prepared }),
        onNote: (note) => screen.note(note),
      },
      signal,
    );
    await using encoders = new Encoders();
    const crop = options.full ? 0 : CROP;
    const onProgress = (done: number, known: number) => Object.assign(state, { done, known });
    tuned = await tune(recipe, sample.pictures, { ...options, crop }, encoders, onProgress, signal);
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
  const { rejected, left } = sample;
  const images = sample.sources.length;
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  if (options.json) screen.json(resultJson(tuned, images, rejected, seconds, options));
  else {
    screen.report(...resultText(tuned, images, rejected, seconds, options, screen));
    for (const line of left) screen.note(`Not measured: ${line}`);
  }
  if (options.write && images < FEW) {
    screen.note(
      `The recipe is written from ${many(images, "image")}: ${FEW} or more of several kinds tell more.`,
    );
  }
  if (options.write) await write(recipe, tuned, images, options, screen);
  return tuned.every(({ best }) => best) ? EXIT.done : EXIT.deadLetters;
}

/** @throws UsageError where there is nothing to tune, or nothing of it can be written */
function checkFormats({ formats, write, recipe: file }: TuneCommandOptions, { presets }: Recipe) {
  const has = TUNED_FORMATS.filter((format) => presets.some((preset) => preset.format === format));
  if (!formats && has.length === 0) {
    throw new UsageError(
      `--recipe ${file} has no preset in ${TUNED_FORMATS.join(", ")}, and other formats have no quality to tune: compare formats by --formats`,
    );
  }
  if (write && formats && !formats.some((format) => has.includes(format))) {
    throw new UsageError(
      `--write: no preset of the recipe has the format ${formats.join(" or ")}. Add it to the recipe first`,
    );
  }
}

function progressText(
  { listed, prepared, done, known }: Record<"listed" | "prepared" | "done" | "known", number>,
  sample: number,
): string {
  if (known > 0) return `measuring: ${thousands(done)} of ${thousands(known)} encodings`;
  if (prepared > 0) return `rendering without loss: ${prepared} of at most ${sample} images`;
  return `listing: ${many(listed, "source")}`;
}

/** A line of the table. */
interface Row {
  readonly preset: string;
  readonly title: string;
  readonly tuned: Tuned | undefined;
  readonly isBest: boolean;
}

function resultText(
  tuned: readonly TunedPreset[],
  images: number,
  rejected: readonly string[],
  seconds: number,
  options: TuneCommandOptions,
  screen: Screen,
): string[] {
  const { paint } = screen;
  const { target, views, full } = options;
  const rows = tuned.flatMap(({ name, format, now, best }): Row[] => [
    ...(now ? [{ preset: name, title: "now", tuned: now, isBest: false }] : []),
    { preset: now ? "" : name, title: now ? "best" : `best ${format}`, tuned: best, isBest: true },
  ]);
  const number = (title: string, text: (point: Point) => string): Column<Row> => ({
    title,
    align: "right",
    cell: ({ tuned: of }) => (of ? text(of.point) : "–"),
  });
  const columns: Column<Row>[] = [
    { title: "preset", cell: ({ preset }) => preset, min: 8, cut: "middle" },
    {
      title: "",
      cell: ({ title }) => title,
      paint: (text, { isBest }) => paint(isBest ? "green" : "dim", text),
    },
    {
      title: "setting",
      cell: ({ tuned: of }) =>
        of ? settingText({ ...of.setting, quality: of.point.quality }) : "out of reach",
    },
    number("score", ({ score }) => score.toFixed(1)),
    number("worst tenth", ({ worst }) => worst.toFixed(1)),
    number("size", ({ bytes }) => formatBytes(bytes)),
    number("CPU", ({ cpuMs }) => formatMs(cpuMs)),
    number("a million", (point) => usd(millionUsd(point, views))),
  ];
  const lacking = tuned.filter(({ best }) => !best);
  return present(
    paint(
      "bold",
      `Score ${target} at the least ${LEAST[options.least]}: ${many(images, "image")} in ${formatMs(seconds * 1000)}`,
    ),
    ["", ...table(columns, rows, screen), "", ...sumText(tuned, views)],
    ["", paint("dim", basisText(views, full))],
    rejected.length > 0 &&
      paint(
        "yellow",
        `${many(rejected.length, "image")} of the sample cannot be rendered: ${outcomesText(tally(rejected))}`,
      ),
    lacking.length > 0 &&
      paint(
        "yellow",
        `${lacking.map(({ name, format }) => `${name} (${format})`).join(", ")}: no setting reaches the score. Use a lower --target.`,
      ),
    !options.write &&
      !options.formats &&
      lacking.length < tuned.length && [
        "",
        "To write these into the recipe: the same command with --write.",
      ],
  );
}

const LEAST = { usd: "cost", bytes: "bytes", cpu: "CPU time" } as const;

/** What a source costs with all its presets, now and with the best settings. */
function sumText(tuned: readonly TunedPreset[], views: number): string[] {
  const both = tuned.flatMap(({ now, best }) => (now && best ? [{ now, best }] : []));
  if (both.length === 0) return [];
  const sum = (of: (point: Point) => number, which: "now" | "best") =>
    both.reduce((total, each) => total + of(each[which].point), 0);
  const line = (which: "now" | "best") =>
    [
      which.padEnd(5),
      formatBytes(sum(({ bytes }) => bytes, which)),
      formatMs(sum(({ cpuMs }) => cpuMs, which)),
      `${usd(sum((point) => millionUsd(point, views), which))} a million images`,
    ].join("  ");
  return ["All presets together:", `  ${line("now")}`, `  ${line("best")}`];
}

async function write(
  { presets }: Recipe,
  tuned: readonly TunedPreset[],
  images: number,
  options: TuneCommandOptions,
  screen: Screen,
): Promise<void> {
  const { recipe: file, target, least, views } = options;
  const chosen = tuned.flatMap(({ name, now, best }) => {
    if (!now || !best) return [];
    const { format, effort, mozjpeg = false } = best.setting;
    const { quality } = best.point;
    return [
      {
        name,
        format,
        quality,
        ...(effort !== undefined && { effort }),
        ...(format === "jpeg" && { mozjpeg }),
      },
    ];
  });
  const date = new Date().toISOString().slice(0, 10);
  const cost = least === "usd" ? `cost at ${views} views` : LEAST[least];
  const basis = `score ${target} at the least ${cost}, of ${many(images, "image")} on ${date}`;
  const { text, names, unwritten } = writeTuned(
    await readFile(file, "utf8"),
    { presets, chosen },
    basis,
  );
  if (names.length > 0) await writeWhole(file, Buffer.from(text));
  if (names.length > 0) screen.note(`Written to ${basename(file)}: ${names.join(", ")}`);
  if (unwritten.length === 0) return;
  throw new UsageError(`--write: ${unwrittenText(file, unwritten)}`);
}

function resultJson(
  tuned: readonly TunedPreset[],
  images: number,
  rejected: readonly string[],
  seconds: number,
  { target, least, views, full }: TuneCommandOptions,
): unknown {
  const json = ({ setting, point }: Tuned) => {
    const { effort, mozjpeg } = setting;
    const { quality, score, worst, bytes, cpuMs } = point;
    return {
      quality,
      ...(effort !== undefined && { effort }),
      ...(mozjpeg && { mozjpeg }),
      score: round(score),
      worstTenth: round(worst),
      bytes: Math.round(bytes),
      cpuMs: round(cpuMs),
      millionUsd: round(millionUsd(point, views)),
    };
  };
  return {
    version: 1,
    target,
    least,
    views,
    scored: full ? "whole" : `${CROP} px`,
    sample: { measured: images, rejected: tally(rejected) },
    presets: tuned.map(({ name, format, now, best, all }) => ({
      preset: name,
      format,
      now: now ? json(now) : null,
      best: best ? json(best) : null,
      all: all.map(json),
    })),
    seconds,
    prices: { region: PRICES.region, date: PRICES.date },
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
