import { basename } from "node:path";
import { PRICES } from "@imagefleet/core/prices";
import type { OutputFormat } from "@imagefleet/core/recipe";
import { EXIT } from "../../exit-code.ts";
import { type Change, mergeChanges } from "../../lab/change.ts";
import { type Edit, Lab, type LabOptions, type LabPreset } from "../../lab/lab.ts";
import { type Result, type Total, totalOf } from "../../lab/result.ts";
import { present } from "../../present.ts";
import { formatBytes, formatMs, many, usd } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { outcomesText } from "../../terminal/source-table.ts";
import { type Column, table } from "../../terminal/table.ts";
import { CROP } from "../../tuning/encoders.ts";
import { basisText, settingText } from "../../tuning/text.ts";
import { UsageError } from "../../usage-error.ts";

export interface CompareOptions extends LabOptions {
  readonly json?: boolean | undefined;
  readonly preset?: string | undefined;
  readonly format?: OutputFormat | undefined;
  readonly set: readonly Change[];
  readonly views: number;
  readonly sample: number;
}

/** One width and format of a preset; `now` is null for a format that the preset does not have. */
interface Compared {
  readonly preset: string;
  readonly label: string;
  readonly format: OutputFormat;
  readonly now: Result | null;
  readonly changed: Result | null;
}

interface Comparison {
  readonly presets: readonly Compared[];
  readonly total: { readonly now: Total; readonly changed: Total | null };
  /** What each change would change in the recipe; null for a format that the preset does not have. */
  readonly changes: readonly { readonly change: Change; readonly edit: Edit | null }[];
}

/** `imagefleet compare`: measures the recipe, and changes of it, on a sample of images. */
export async function compareCommand(options: CompareOptions, screen: Screen): Promise<number> {
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const began = performance.now();
  let progress = "";
  try {
    await using shown = new AsyncDisposableStack();
    shown.use(showRepeatedly(screen, () => [progress]));
    await using lab = await Lab.open(options, signal, (listed, prepared) => {
      progress =
        prepared === 0
          ? `listing: ${many(listed, "source")}`
          : `rendering without loss: ${prepared} of at most ${options.sample} images`;
    });
    const found = await compare(lab, options, signal, (done, of) => {
      progress = `measuring: ${done} of ${of} settings`;
    });
    await shown.disposeAsync();
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    if (options.json) screen.json(resultJson(lab, found, seconds, options));
    else screen.report(...resultText(lab, found, seconds, options, screen));
    for (const note of lab.notes) screen.note(note);
    return EXIT.done;
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

async function compare(
  lab: Lab,
  { preset, format, set, views, recipe: file }: CompareOptions,
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void,
): Promise<Comparison> {
  const changes = mergeChanges(set);
  const isChanged = (each: LabPreset) =>
    changes.some((change) => change.preset === each.preset && change.format === each.format);
  const some = lab.presets.filter(
    (each) =>
      isChanged(each) ||
      ((preset === undefined || each.preset === preset) &&
        (format === undefined || each.format === format)),
  );
  if (some.length === 0 && changes.length === 0) {
    const has = [...new Set(lab.presets.map((each) => `${each.preset} ${each.format}`))];
    const asked = [
      ...(preset ? [`--preset ${preset}`] : []),
      ...(format ? [`--format ${format}`] : []),
    ];
    throw new UsageError(
      `${asked.join(" ")}: ${basename(file)} has no such preset: it has ${has.join(", ")}`,
    );
  }
  const widths = changes.flatMap((change) => widthsOf(change, lab.presets));
  let done = 0;
  const count = () => onProgress(++done, some.length + widths.length);
  const now: Result[] = [];
  const changed: Result[] = [];
  // A change that the recipe would not accept is refused before everything is measured.
  for (const change of widths) {
    changed.push(await lab.measure(change, signal, views));
    count();
  }
  const total = await lab.all(
    (result) => {
      now.push(result);
      count();
    },
    signal,
    { views, some },
  );
  const of = (
    results: readonly Result[],
    { label, format: own }: Pick<LabPreset, "label" | "format">,
  ) => results.find((each) => each.label === label && each.format === own) ?? null;
  const added = changed.filter((each) => !some.some((one) => of([each], one)));
  const presets = [...some, ...added].flatMap(({ preset: name, label = name, format: own }) => {
    const id = { preset: name, label, format: own };
    return { ...id, now: of(now, id), changed: of(changed, id) };
  });
  const both = presets.flatMap((each) => each.changed ?? each.now ?? []);
  return {
    presets,
    total: { now: total, changed: changed.length > 0 ? totalOf(both, views) : null },
    changes: await Promise.all(
      changes.map(async (change) => ({ change, edit: await editOf(lab, change) })),
    ),
  };
}

/** A change for each width of a preset that can be measured. */
function widthsOf(change: Change, presets: readonly LabPreset[]): Change[] {
  const own = presets.filter((each) => each.preset === change.preset && each.measured > 0);
  const labels = new Set(own.map(({ label }) => label));
  // Without a width, the lab says what is wrong.
  return labels.size === 0 ? [change] : [...labels].map((label) => ({ ...change, label }));
}

async function editOf(lab: Lab, change: Change): Promise<Edit | null> {
  const { preset, format } = change;
  const has = lab.presets.some((each) => each.preset === preset && each.format === format);
  return has ? lab.line(change) : null;
}

/** A line of the table. */
interface Row {
  readonly label: string;
  readonly title: string;
  readonly result: Result | null;
}

function resultText(
  lab: Lab,
  { presets, total, changes }: Comparison,
  seconds: number,
  { views, recipe, set }: CompareOptions,
  screen: Screen,
): string[] {
  const { paint } = screen;
  const rows = presets.flatMap(({ label, now, changed }): Row[] => [
    ...(now || !changed ? [{ label, title: set.length > 0 ? "now" : "", result: now }] : []),
    ...(changed
      ? [{ label: now ? "" : label, title: now ? "changed" : "added", result: changed }]
      : []),
  ]);
  const number = (title: string, text: (result: Result) => string): Column<Row> => ({
    title,
    align: "right",
    cell: ({ result }) => (result ? text(result) : "–"),
  });
  const columns: Column<Row>[] = [
    { title: "preset", cell: ({ label }) => label, min: 8, cut: "middle" },
    {
      title: "",
      cell: ({ title }) => title,
      paint: (text, { title }) => paint(title === "now" ? "dim" : "green", text),
    },
    { title: "setting", cell: ({ result }) => (result ? settingText(result) : "not measured") },
    number("score", ({ score }) => score.toFixed(1)),
    number("worst tenth", ({ worstTenth }) => worstTenth.toFixed(1)),
    number("size", ({ bytes }) => formatBytes(bytes)),
    number("CPU", ({ cpuMs }) => formatMs(cpuMs)),
    number("a million", ({ millionUsd }) => usd(millionUsd)),
  ];
  const sum = (title: string, { bytes, cpuMs, totalUsd, storageUsdAMonth }: Total) =>
    `  ${title.padEnd(set.length > 0 ? 9 : 0)}${formatBytes(bytes)}  ${formatMs(cpuMs)}  ${usd(totalUsd)} a million images, ${usd(storageUsdAMonth)} a month for their storage`;
  const rejected = Object.values(lab.rejected).reduce((all, each) => all + each, 0);
  return present(
    paint("bold", `${many(lab.pictures.length, "image")} in ${formatMs(seconds * 1000)}`),
    ["", ...table(columns, rows, screen), "", "All of these together:"],
    sum(set.length > 0 ? "now" : "", total.now),
    total.changed !== null && sum("changed", total.changed),
    ["", paint("dim", basisText(views))],
    rejected > 0 &&
      paint(
        "yellow",
        `${many(rejected, "image")} of the sample cannot be rendered: ${outcomesText(lab.rejected)}`,
      ),
    changes.flatMap(({ edit }) =>
      edit === null || edit.after.length === 0
        ? []
        : [
            "",
            `${basename(recipe)}:${edit.line}`,
            ...edit.before.map((line) => paint("red", `- ${line.trim()}`)),
            ...edit.after.map((line) => paint("green", `+ ${line.trim()}`)),
          ],
    ),
  );
}

function resultJson(
  lab: Lab,
  { presets, total, changes }: Comparison,
  seconds: number,
  { views }: CompareOptions,
): unknown {
  return {
    version: 1,
    views,
    scored: `${CROP} px`,
    sample: { measured: lab.pictures.length, rejected: lab.rejected },
    pictures: lab.pictures,
    presets: presets.map((each) => ({
      ...each,
      now: each.now && json(each.now),
      changed: each.changed && json(each.changed),
    })),
    total,
    changes: changes.map(({ change, edit }) => ({ ...change, edit })),
    seconds,
    prices: { region: PRICES.region, date: PRICES.date },
  };
}

/** What the row of a result does not say already. Files of the encodings are not kept. */
function json({ preset: _preset, label: _label, format: _format, renditions, ...rest }: Result) {
  return {
    ...rest,
    renditions: renditions.map(({ image: _image, label: _same, ...rendition }) => rendition),
  };
}
