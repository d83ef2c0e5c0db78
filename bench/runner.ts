import { type Baseline, compare, readBaseline, saveBaseline, type Verdict } from "./baseline.ts";
import { describeMachine, type Machine, machineLine } from "./measure/machine.ts";
import { markdownTable, type Table, textTable } from "./table.ts";

/** A limit that a figure has to keep. */
export interface Bar {
  readonly what: string;
  readonly is: number;
  readonly most?: number;
  readonly least?: number;
  readonly unit?: string;
}

/** The result of a bench, as data: the runner prints it, compares it and saves it. */
export interface Report {
  readonly title: string;
  /** Lines below the title. */
  readonly notes?: readonly string[];
  /** @param was the figure of this name in the baseline, or a dash */
  tables(was: (figure: string, digits?: number) => string): readonly Table[];
  /** Lines below the tables. */
  readonly remarks?: readonly string[];
  readonly bars: readonly Bar[];
  /** Less is better. Compared with the baseline of any machine. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Printed beside those of a later run: they depend on the machine. */
  readonly figures: Readonly<Record<string, number>>;
  /** Runs are compared only with the same setup. */
  readonly setup: string;
  /** Further fields of the JSON. */
  readonly result: object;
}

/** A result without figures, which is neither compared nor saved. */
export interface Note {
  readonly note: string;
  readonly result: object;
}

/** What a bench gets from the runner. */
export interface Context {
  readonly machine: Machine;
  /** Prints progress. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface Bench<Options> {
  readonly name: string;
  /** @returns undefined when the options ask for something other than a measurement */
  measure(options: Options, context: Context): Promise<Report | Note | undefined>;
}

export function defineBench<Options>(
  name: string,
  measure: Bench<Options>["measure"],
): Bench<Options> {
  return { name, measure };
}

export interface RunOptions {
  readonly json: boolean;
  readonly save: boolean;
  readonly markdown: boolean;
}

/** Runs a bench, prints its report beside the baseline, and saves a new baseline if asked to. */
export async function runBench<Options>(
  { name, measure }: Bench<Options>,
  options: Options,
  { json, save, markdown }: RunOptions,
  { say, signal }: Omit<Context, "machine">,
): Promise<void> {
  // Described first: the load of the machine must not contain the bench.
  const machine = describeMachine();
  const report = await measure(options, { machine, say, signal });
  if (report === undefined) return;
  if ("note" in report) {
    say(report.note);
    if (json) process.stdout.write(`${JSON.stringify({ bench: name, ...report.result })}\n`);
    return;
  }
  const { ratios, figures, setup, bars, result } = report;
  const earlier = await readBaseline(name);
  const verdicts = earlier?.setup === setup ? compare(earlier, { ratios }) : [];
  const text = [
    ...reportLines(report, machine, earlier, markdown),
    comparison(earlier, verdicts),
  ].join("\n");
  if (json) {
    say(text);
    const met = bars.length === 0 ? {} : { met: bars.every(isMet) };
    const all = { bench: name, ...result, bars, ...met, machine, compared: verdicts };
    process.stdout.write(`${JSON.stringify(all)}\n`);
  } else {
    process.stdout.write(`${text}\n`);
  }
  if (!save) return;
  const at = new Date().toISOString();
  await saveBaseline({ bench: name, ratios, figures, machine: { ...machine }, setup, at });
  say(`saved as the baseline: bench/baselines/${name}.json`);
}

export function reportLines(
  { title, notes = [], tables, remarks = [], bars }: Report,
  machine: Machine,
  earlier: Pick<Baseline, "figures"> | undefined,
  markdown: boolean,
): string[] {
  const was = (figure: string, digits = 1) => earlier?.figures[figure]?.toFixed(digits) ?? "–";
  const lines = markdown ? markdownTable : textTable;
  return [
    title,
    ...(markdown ? [""] : []),
    machineLine(machine),
    ...notes,
    ...tables(was).flatMap((table) => ["", ...lines(table)]),
    "",
    ...remarks,
    ...bars.map(barLine),
  ];
}

export function isMet({ is, most = Infinity, least = -Infinity }: Bar): boolean {
  return is <= most && is >= least;
}

function barLine(bar: Bar): string {
  const { what, is, most, least, unit = "" } = bar;
  const limit = most === undefined ? `>= ${least}` : `<= ${most}`;
  const value = Math.abs(is) >= 100 ? is.toFixed(0) : is.toFixed(3);
  return `${what} = ${value}${unit}; bar ${limit}${unit}: ${isMet(bar) ? "met" : "NOT met"}`;
}

/** The verdicts as lines, or why there are none. */
export function comparison(earlier: Baseline | undefined, verdicts: readonly Verdict[]): string {
  if (earlier === undefined) return "no baseline yet: --save saves this run as one";
  if (verdicts.length === 0) return "no verdict: the baseline has another setup or no ratios";
  return verdicts
    .map(
      ({ ratio, was, is, verdict }) =>
        `${ratio}: ${verdict} (baseline ${was.toFixed(3)}, now ${is.toFixed(3)})`,
    )
    .join("\n");
}
